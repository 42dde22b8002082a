/*
 * link: lib/bucket.o lib/chan.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A channel believes nothing: each way to break the protocol ends the
 * channel, with the name of the message, before a handler sees it.  What a
 * handler drops, or blames on another process, costs the message only.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "imsg.h"
#include "log.h"
#include "msg.h"
#include "unit.h"

static struct {
	struct chan	*chan;
	struct imsgbuf	 peer;
	int		 fds[2];
	int		 handled;
	int		 fd_seen;
	int		 closed;
	char		 why[256];
	char		 log[1024];
} t;

static struct verdict
handle(void *arg, const void *data, int fd)
{
	t.handled++;
	t.fd_seen = fd;
	if (fd != -1)
		close(fd);
	return (TAKEN);
}

static struct verdict
object(void *arg, const void *data, int fd)
{
	return (LIE("handler says no"));
}

static struct verdict
shrug(void *arg, const void *data, int fd)
{
	return (DROP("makes no sense"));
}

static struct verdict
blame(void *arg, const void *data, int fd)
{
	return (LIE_OF(7, "somebody else lied"));
}

static struct verdict
suicide(void *arg, const void *data, int fd)
{
	t.handled++;
	chan_free(t.chan);
	t.chan = NULL;
	return (LIE("nobody is there to be ended"));
}

static void
closed(void *arg, const char *why)
{
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
	{ MSG_LOG, handle },
	{ MSG_CONF_OK, handle },
	{ MSG_PEER, handle },
	{ MSG_CONF_BAD, object },
	{ MSG_PING, shrug },
	{ MSG_PONG, blame },
	{ MSG_REPORT, suicide },
	{ 0, NULL }
};

static void
setup(void)
{
	memset(&t, 0, sizeof(t));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, t.fds) == -1)
		abort();
	imsgbuf_init(&t.peer, t.fds[1]);
	imsgbuf_allow_fdpass(&t.peer);
	t.chan = chan_new(t.fds[0], "test", rules, closed, NULL);
}

static void
teardown(void)
{
	chan_free(t.chan);
	imsgbuf_clear(&t.peer);
	close(t.fds[1]);
}

static void
say(uint32_t type, int fd, const void *data, size_t len)
{
	imsg_compose(&t.peer, type, 0, 0, fd, data, len);
	imsgbuf_flush(&t.peer);
	if (t.chan != NULL)
		chan_poll(t.chan);
}

static void
expect_end(const char *desc, const char *want)
{
	CHECK(t.handled == 0, "%s: a handler saw it", desc);
	CHECK(t.closed == 1, "%s: closed %d times", desc, t.closed);
	CHECK(strcmp(t.why, want) == 0, "%s: %s", desc, t.why);
	teardown();
}

static void
good(void)
{
	struct msg_log	 ml;
	struct msg_peer	 mp;

	setup();
	memset(&ml, 0, sizeof(ml));
	memset(&mp, 0, sizeof(mp));
	say(MSG_LOG, -1, &ml, sizeof(ml));
	say(MSG_CONF_OK, -1, NULL, 0);
	CHECK(t.handled == 2 && t.fd_seen == -1, "%d", t.handled);
	say(MSG_PEER, open("/dev/null", O_RDONLY), &mp, sizeof(mp));
	CHECK(t.handled == 3 && t.fd_seen != -1, "descriptor");
	CHECK(chan_send(t.chan, MSG_CONF_OK, NULL, -1) == 0, "send");
	CHECK(chan_drained(t.chan), "drained");
	close(t.fds[1]);
	t.fds[1] = -1;
	chan_poll(t.chan);
	CHECK(t.closed == 1 && strcmp(t.why, "eof") == 0, "%s", t.why);
	teardown();
}

static void
bad(void)
{
	struct msg_log	 ml;
	struct msg_peer	 mp;
	struct msg_text	 mtx;
	char		 long_text[sizeof(struct msg_log) + 1];

	memset(&ml, 0, sizeof(ml));
	memset(&mp, 0, sizeof(mp));
	memset(&mtx, 0, sizeof(mtx));
	memset(long_text, 0, sizeof(long_text));

	setup();
	say(MSG_AUTH_OK, -1, long_text, msg_size(MSG_AUTH_OK));
	expect_end("not allowed here",
	    "AUTH_OK: message not allowed from this peer");
	setup();
	say(MSG_MAX, -1, NULL, 0);
	expect_end("no such type", "?: message not allowed from this peer");
	setup();
	say(MSG_LOG, -1, &ml, sizeof(ml) - 1);
	expect_end("short", "LOG: wrong size");
	setup();
	say(MSG_LOG, -1, long_text, sizeof(long_text));
	expect_end("long", "LOG: wrong size");
	setup();
	say(MSG_CONF_OK, -1, long_text, 1);
	expect_end("payload where none belongs", "CONF_OK: wrong size");
	setup();
	ml.ml_level = LOGL_DEBUG + 1;
	say(MSG_LOG, -1, &ml, sizeof(ml));
	expect_end("enum", "LOG: value out of range");
	setup();
	ml.ml_level = 0;
	memset(ml.ml_text, 'x', sizeof(ml.ml_text));
	say(MSG_LOG, -1, &ml, sizeof(ml));
	expect_end("string", "LOG: unterminated string");
	setup();
	say(MSG_PEER, -1, &mp, sizeof(mp));
	expect_end("no descriptor", "PEER: no descriptor");
	setup();
	say(MSG_CONF_OK, open("/dev/null", O_RDONLY), NULL, 0);
	expect_end("descriptor", "CONF_OK: unexpected descriptor");
	setup();
	say(MSG_CONF_BAD, -1, &mtx, sizeof(mtx));
	expect_end("handler", "CONF_BAD: handler says no");
	setup();
	(void)!write(t.fds[1], "\1\0\0\0\1\0\0\0garbage garbage garbage", 30);
	chan_poll(t.chan);
	CHECK(t.closed == 1 && t.handled == 0, "garbage: %s", t.why);
	teardown();
}

static void
no_lie_of_the_peer(void)
{
	setup();
	say(MSG_PING, -1, NULL, 0);
	say(MSG_PONG, -1, NULL, 0);
	CHECK(t.closed == 0, "closed: %s", t.why);
	CHECK(strcmp(t.log, "test: PING dropped: makes no sense\n"
	    "test: PONG dropped: somebody else lied\n") == 0, "%s", t.log);
	say(MSG_CONF_OK, -1, NULL, 0);
	CHECK(t.handled == 1, "%d handled after it", t.handled);
	teardown();
}

static void
freed_inside(void)
{
	struct msg_report	 rp;

	setup();
	memset(&rp, 0, sizeof(rp));
	imsg_compose(&t.peer, MSG_REPORT, 0, 0, -1, &rp, sizeof(rp));
	say(MSG_REPORT, -1, &rp, sizeof(rp));
	CHECK(t.handled == 1, "%d handled", t.handled);
	CHECK(t.closed == 0, "closed");
	teardown();
}

int
main(void)
{
	uint32_t	 i;

	event_init();
	log_to(sink);
	unit_case("chan: messages and descriptors arrive");
	good();
	unit_case("chan: every broken message ends the channel, unseen");
	bad();
	unit_case("chan: a drop, or another's lie, ends no channel");
	no_lie_of_the_peer();
	unit_case("chan: a handler may free its channel");
	freed_inside();
	unit_case("msg: every type has a name and fits the payload union");
	for (i = 1; i < MSG_MAX; i++)
		CHECK(strcmp(msg_name(i), "?") != 0 &&
		    msg_size(i) <= sizeof(union msg_payload), "type %u", i);
	CHECK(strcmp(msg_name(0), "?") == 0 && msg_size(MSG_MAX) == 0, "ends");
	return (unit_done());
}
