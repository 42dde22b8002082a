/*
 * link: lib/bucket.o lib/chan.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Bounds of a channel: octets queued for a peer that does not read, messages a
 * peer may send in a second, log lines about invalid messages.  Exceeding one
 * of the first two ends the channel, from the event loop; a descriptor without
 * room only loses its message.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <event.h>
#include <fcntl.h>
#include <signal.h>
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

#define CHUNK		250		/* messages that a socket holds */

static struct {
	struct chan	*chan;
	struct imsgbuf	 peer;
	int		 fds[2];
	int		 sending;	/* inside chan_send() */
	int		 handled;
	int		 closed;
	char		 why[256];
	char		 log[4096];
	time_t		 now;
} t = { .now = 1000 };

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	ts->tv_sec = t.now;
	ts->tv_nsec = 0;
	return (0);
}

static struct verdict
handle(void *arg, const void *data, int fd)
{
	t.handled++;
	if (fd != -1)
		close(fd);
	return (TAKEN);
}

static struct verdict
shrug(void *arg, const void *data, int fd)
{
	return (DROP("makes no sense"));
}

static void
closed(void *arg, const char *why)
{
	CHECK(!t.sending, "ended inside chan_send()");
	t.closed++;
	snprintf(t.why, sizeof(t.why), "%s", why == NULL ? "eof" : why);
	chan_free(t.chan);
	t.chan = NULL;
}

static void
sink(int level, const char *text)
{
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

static const struct chan_rule	 rules[] = {
	{ MSG_PING, handle },
	{ MSG_PEER, handle },
	{ MSG_PONG, shrug },
	{ 0, NULL }
};

static void
turn(void)
{
	if (event_loop(EVLOOP_NONBLOCK) == -1)
		abort();
}

static void
begin(const char *name)
{
	time_t	 now = t.now + 1000;

	unit_case(name);
	memset(&t, 0, sizeof(t));
	t.now = now;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, t.fds) == -1)
		abort();
	imsgbuf_init(&t.peer, t.fds[1]);
	imsgbuf_allow_fdpass(&t.peer);
	t.chan = chan_new(t.fds[0], "test", rules, closed, NULL);
	/* libevent 1.4 does not see what comes before its first loop. */
	turn();
}

static void
finish(void)
{
	chan_free(t.chan);
	imsgbuf_clear(&t.peer);
	close(t.fds[1]);
}

static int
send_one(uint32_t type, const void *data, int fd)
{
	int	 ret;

	t.sending = 1;
	ret = chan_send(t.chan, type, data, fd);
	t.sending = 0;
	return (ret);
}

static void
ended(const char *why)
{
	CHECK(t.closed == 1, "closed %d times", t.closed);
	CHECK(strcmp(t.why, why) == 0, "%s", t.why);
}

/* The lowest number that is free: the same if no descriptor is left open. */
static int
free_fd(void)
{
	int	 fd = dup(0);

	close(fd);
	return (fd);
}

/* Send until the channel refuses; count messages and octets queued. */
static void
fill(uint32_t type, const void *data, long *messages, long *octets)
{
	int	 inside, n = 0;
	long	 size = (long)(IMSG_HEADER_SIZE + msg_size(type));

	while (send_one(type, data, -1) == 0 && n < 1000000)
		n++;
	if (ioctl(t.fds[1], FIONREAD, &inside) == -1)
		abort();
	*octets = n * size - inside;
	*messages = (*octets + size - 1) / size;
}

static void
test_unread_messages(void)
{
	struct msg_peer	 mp;
	long		 messages, octets;
	int		 fd;

	memset(&mp, 0, sizeof(mp));
	begin("messages that are not read: so many, then it ends in the loop");
	fill(MSG_PING, NULL, &messages, &octets);
	CHECK(messages == CHAN_MESSAGES_MAX, "%ld wait", messages);
	CHECK(t.closed == 0, "closed by chan_send()");
	CHECK((fd = open("/dev/null", O_RDONLY)) != -1, "open");
	CHECK(send_one(MSG_PEER, &mp, fd) == -1, "taken");
	CHECK(fcntl(fd, F_GETFD) == -1, "its descriptor is open");
	turn();
	ended("does not read its messages");
	finish();
}

static void
test_unread_octets(void)
{
	struct msg_log	 ml;
	long		 messages, octets;

	memset(&ml, 0, sizeof(ml));
	begin("octets that are not read: so many, then it ends in the loop");
	fill(MSG_LOG, &ml, &messages, &octets);
	CHECK(octets >= CHAN_OCTETS_MAX &&
	    octets < CHAN_OCTETS_MAX + (long)sizeof(ml) + 16, "%ld octets",
	    octets);
	CHECK(t.closed == 0, "closed by chan_send()");
	turn();
	ended("does not read its messages");
	finish();
}

static void
test_backlog(void)
{
	long	 messages, octets;

	begin("as often as is said may wait, of messages and of octets");
	chan_patience(t.chan, 3);
	fill(MSG_PING, NULL, &messages, &octets);
	CHECK(messages == 3 * CHAN_MESSAGES_MAX, "%ld wait", messages);
	finish();
}

static void
test_backlog_octets(void)
{
	struct msg_log	 ml;
	long		 messages, octets;

	memset(&ml, 0, sizeof(ml));
	begin("the same of octets");
	chan_patience(t.chan, 3);
	fill(MSG_LOG, &ml, &messages, &octets);
	CHECK(octets >= 3 * CHAN_OCTETS_MAX &&
	    octets < 3 * CHAN_OCTETS_MAX + (long)sizeof(ml) + 16,
	    "%ld octets", octets);
	turn();
	ended("does not read its messages");
	finish();
}

static void
test_unread_descriptors(void)
{
	struct msg_peer	 mp;
	int		 lowest = free_fd(), fd, i;

	memset(&mp, 0, sizeof(mp));
	begin("descriptors that are not read are closed with the channel");
	/* Fewer than a process may have. */
	do {
		for (i = 0; i < 15; i++)
			send_one(MSG_PING, NULL, -1);
		CHECK((fd = open("/dev/null", O_RDONLY)) != -1, "open");
	} while (fd != -1 && send_one(MSG_PEER, &mp, fd) == 0);
	turn();
	CHECK(t.closed == 1, "closed %d times", t.closed);
	finish();
	CHECK(free_fd() == lowest, "descriptors are left open");
}

static void
test_slow(void)
{
	struct imsg	 imsg;
	int		 sent = 0, got = 0, quiet = 0, n;

	begin("a late reader that is in time loses nothing");
	while (chan_drained(t.chan) && sent < 100000)
		sent += send_one(MSG_PING, NULL, -1) == 0;
	while (sent % 500 != 0)
		sent += send_one(MSG_PING, NULL, -1) == 0;
	CHECK(!chan_drained(t.chan), "nothing waits");
	while (got < sent && quiet < 100) {
		turn();
		n = imsgbuf_read(&t.peer);
		CHECK(n == 1, "read: %d", n);
		for (n = got; imsgbuf_get(&t.peer, &imsg) > 0; got++)
			imsg_free(&imsg);
		quiet = n == got ? quiet + 1 : 0;
	}
	CHECK(got == sent, "%d of %d", got, sent);
	CHECK(t.closed == 0 && chan_drained(t.chan), "closed: %s", t.why);
	finish();
}

/* So many messages of the peer, as fast as they go, until the end. */
static void
flood(uint32_t type, int count)
{
	int	 i;

	while (count > 0 && t.chan != NULL) {
		for (i = 0; i < CHUNK && count > 0; i++, count--)
			imsg_compose(&t.peer, type, 0, 0, -1, NULL, 0);
		CHECK(imsgbuf_flush(&t.peer) == 0, "flush");
		turn();
	}
}

static void
test_rate_burst(void)
{
	begin("a burst of messages is taken, one more ends the channel");
	flood(MSG_PING, CHAN_BURST);
	CHECK(t.closed == 0 && t.handled == CHAN_BURST, "%d handled",
	    t.handled);
	flood(MSG_PING, 1);
	ended("sends too many messages");
	CHECK(t.handled == CHAN_BURST, "%d handled", t.handled);
	finish();
}

static void
test_rate_steady(void)
{
	begin("so many a second can go on");
	flood(MSG_PING, CHAN_BURST);
	t.now++;
	flood(MSG_PING, CHAN_RATE);
	t.now++;
	flood(MSG_PING, CHAN_RATE);
	CHECK(t.closed == 0, "closed: %s", t.why);
	flood(MSG_PING, 1);
	ended("sends too many messages");
	finish();
}

static void
test_rate_others(void)
{
	begin("a peer that relays for others may send as much as all");
	chan_voices(t.chan, 3);
	flood(MSG_PING, 3 * CHAN_BURST);
	t.now++;
	flood(MSG_PING, 3 * CHAN_RATE);
	CHECK(t.closed == 0, "closed after %d", t.handled);
	flood(MSG_PING, 1);
	ended("sends too many messages");
	finish();
}

static void
test_rate_rest(void)
{
	begin("after a rest there is room for a burst, and no more");
	flood(MSG_PING, CHAN_BURST);
	t.now += 1000;
	flood(MSG_PING, CHAN_BURST);
	CHECK(t.closed == 0, "closed after %d", t.handled);
	flood(MSG_PING, 1);
	ended("sends too many messages");
	finish();
}

/* How many lines of the log have this in them. */
static int
lines(const char *text)
{
	const char	*p = t.log;
	int		 n = 0;

	for (; (p = strstr(p, text)) != NULL; p++)
		n++;
	return (n);
}

static void
test_drops_logged(void)
{
	begin("messages without sense: a few a minute are logged");
	flood(MSG_PONG, CHAN_DROPS_LOGGED + 90);
	CHECK(lines("PONG dropped: makes no sense") == CHAN_DROPS_LOGGED,
	    "%d lines", lines("\n"));
	t.now += 59;
	flood(MSG_PONG, 10);
	CHECK(lines("\n") == CHAN_DROPS_LOGGED, "%d lines", lines("\n"));
}

static void
test_drops_counted(void)
{
	unit_case("the rest is counted in one line of the next minute");
	t.log[0] = '\0';
	t.now++;
	flood(MSG_PONG, 1);
	CHECK(lines("test: 100 more messages dropped\n") == 1 &&
	    lines("\n") == 2, "%s", t.log);
	CHECK(t.closed == 0, "closed: %s", t.why);
	finish();
}

static void
test_lost(void)
{
	struct msg_peer	 mp;
	struct rlimit	 rl, few;
	int		 fd;

	begin("a descriptor without room costs its message only");
	memset(&mp, 0, sizeof(mp));
	CHECK((fd = open("/dev/null", O_RDONLY)) != -1, "open");
	imsg_compose(&t.peer, MSG_PEER, 0, 0, fd, &mp, sizeof(mp));
	imsg_compose(&t.peer, MSG_PING, 0, 0, -1, NULL, 0);
	CHECK(imsgbuf_flush(&t.peer) == 0, "flush");
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		abort();
	few = rl;
	few.rlim_cur = (rlim_t)free_fd();
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");
	turn();
	turn();
	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0, "setrlimit");
	CHECK(t.handled == 1, "%d handled", t.handled);
	CHECK(t.closed == 0, "closed: %s", t.why);
	CHECK(lines("PEER dropped: no room for its descriptor") == 1, "%s",
	    t.log);
	CHECK((fd = open("/dev/null", O_RDONLY)) != -1, "open");
	imsg_compose(&t.peer, MSG_PEER, 0, 0, fd, &mp, sizeof(mp));
	CHECK(imsgbuf_flush(&t.peer) == 0, "flush");
	turn();
	CHECK(t.handled == 2, "the next is lost, too");
	finish();
}

static void
test_gone(void)
{
	struct msg_peer	 mp;
	int		 fd;

	begin("a peer that ended is not written to, and reported once");
	memset(&mp, 0, sizeof(mp));
	close(t.fds[1]);
	CHECK((fd = open("/dev/null", O_RDONLY)) != -1, "open");
	CHECK(send_one(MSG_PEER, &mp, fd) == -1, "sent");
	CHECK(send_one(MSG_PING, NULL, -1) == -1, "sent");
	CHECK(t.closed == 0, "closed by chan_send()");
	turn();
	turn();
	ended("eof");
	CHECK(fcntl(fd, F_GETFD) == -1, "its descriptor is open");
	finish();
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	event_init();
	log_to(sink);
	test_unread_messages();
	test_unread_octets();
	test_backlog();
	test_backlog_octets();
	test_unread_descriptors();
	test_slow();
	test_rate_burst();
	test_rate_steady();
	test_rate_others();
	test_rate_rest();
	test_drops_logged();
	test_drops_counted();
	test_lost();
	test_gone();
	return (unit_done());
}
