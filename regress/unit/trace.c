/*
 * link: lib/bucket.o lib/chan.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * At -vv each message has a line when it is sent and when it is dispatched:
 * name, peer, size, session and descriptor, and nothing that is in it.  What
 * carries the log has none, and a flood leaves no more than its share.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "unit.h"

static struct {
	struct chan	*chan;
	struct imsgbuf	 peer;
	int		 fds[2];
	time_t		 now;
	int		 lines;
	char		 log[4096];
} t = { .now = 1000 };

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	ts->tv_sec = t.now;
	ts->tv_nsec = 0;
	return (0);
}

/* As in a child, where each line is a message in its turn. */
static void
sink(int level, const char *text)
{
	struct msg_log	 ml;

	CHECK(level == LOGL_DEBUG, "level %d", level);
	t.lines++;
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
	memset(&ml, 0, sizeof(ml));
	chan_send(t.chan, MSG_LOG, &ml, -1);
}

static struct verdict
take(void *arg, const void *data, int fd)
{
	if (fd != -1)
		close(fd);
	return (TAKEN);
}

static void
closed(void *arg, const char *why)
{
	abort();
}

static const struct chan_rule	 rules[] = {
	{ MSG_LOG, take },
	{ MSG_PING, take },
	{ MSG_PEER, take },
	{ MSG_AUTH_CHECK, take },
	{ 0, NULL }
};

/* What the peer wrote; what was sent to it is discarded. */
static void
hear(uint32_t type, int fd, const void *data)
{
	char	 buf[65536];

	imsg_compose(&t.peer, type, 0, 0, fd, data, msg_size(type));
	imsgbuf_flush(&t.peer);
	chan_poll(t.chan);
	while (read(t.fds[1], buf, sizeof(buf)) > 0)
		;
}

static void
begin(int detail)
{
	log_verbose(detail);
	t.log[0] = '\0';
	t.lines = 0;
	t.now += 1000;
}

static void
test_from(void)
{
	struct msg_auth_check	 mac;
	char			 want[256];

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = 7;
	mac.mac_id.si_num = 19;
	strlcpy(mac.mac_user, "CANARY", sizeof(mac.mac_user));
	strlcpy(mac.mac_pass, "CANARY", sizeof(mac.mac_pass));

	unit_case("trace: what comes: peer, name, octets and session");
	begin(LOG_TRACE);
	hear(MSG_AUTH_CHECK, -1, &mac);
	snprintf(want, sizeof(want), "message from test: AUTH_CHECK "
	    "octets=%zu session=7.19\n", sizeof(mac));
	CHECK(strcmp(t.log, want) == 0, "%s", t.log);
}

static void
test_descriptor(void)
{
	struct msg_peer	 mp;
	char		 want[256];

	memset(&mp, 0, sizeof(mp));
	unit_case("trace: a descriptor is named");
	begin(LOG_TRACE);
	hear(MSG_PEER, open("/dev/null", O_RDONLY), &mp);
	snprintf(want, sizeof(want), "message from test: PEER octets=%zu "
	    "descriptor\n", sizeof(mp));
	CHECK(strcmp(t.log, want) == 0, "%s", t.log);
}

static void
test_to(void)
{
	struct session_id	 si = { 3, 4 };

	unit_case("trace: what goes, in the same way");
	begin(LOG_TRACE);
	chan_send(t.chan, MSG_SESSION_OPEN, &si, open("/dev/null", O_RDONLY));
	chan_send(t.chan, MSG_CONF_OK, NULL, -1);
	CHECK(strcmp(t.log, "message to test: SESSION_OPEN octets=16 "
	    "descriptor session=3.4\nmessage to test: CONF_OK octets=0\n") ==
	    0, "%s", t.log);
}

static void
test_silent(void)
{
	struct msg_log	 ml;

	unit_case("trace: no line about a line, or a ping");
	memset(&ml, 0, sizeof(ml));
	begin(LOG_TRACE);
	hear(MSG_LOG, -1, &ml);
	hear(MSG_PING, -1, NULL);
	chan_send(t.chan, MSG_LOG, &ml, -1);
	chan_send(t.chan, MSG_PONG, NULL, -1);
	CHECK(t.lines == 0, "%s", t.log);
}

static void
test_brief(void)
{
	unit_case("trace: nothing at -v");
	begin(LOG_VERBOSE);
	chan_send(t.chan, MSG_CONF_OK, NULL, -1);
	CHECK(t.lines == 0, "%s", t.log);
}

static void
say(int count)
{
	while (count-- > 0) {
		chan_send(t.chan, MSG_CONF_OK, NULL, -1);
		hear(MSG_PING, -1, NULL);
	}
}

static void
test_flood(void)
{
	const int	 burst = LOG_BURST * LOG_TRACE_TIMES;

	unit_case("trace: a flood has its share, the rest is counted");
	begin(LOG_TRACE);
	say(burst + 100);
	CHECK(t.lines == burst, "%d lines", t.lines);
	t.now++;
	t.log[0] = '\0';
	say(1);
	CHECK(strncmp(t.log, "100 messages not logged\n", 24) == 0, "%s",
	    t.log);
}

int
main(void)
{
	event_init();
	log_to(sink);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, t.fds) == -1)
		abort();
	imsgbuf_init(&t.peer, t.fds[1]);
	imsgbuf_allow_fdpass(&t.peer);
	t.chan = chan_new(t.fds[0], "test", rules, closed, NULL);
	test_from();
	test_descriptor();
	test_to();
	test_silent();
	test_brief();
	test_flood();
	return (unit_done());
}
