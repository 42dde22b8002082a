/* link: lsnrpop/clientio.o lsnrpop/plainio.o lsnrpop/buf.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a connection waits for in each state, and that it never waits when it
 * could proceed.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lsnrpop/client.h"
#include "lsnrpop/clientio.h"
#include "lsnrpop/deadline.h"
#include "lsnrpop/plainio.h"
#include "unit.h"

static struct {
	size_t			 unsent;
	enum tlsio_status	 read, send;
	size_t			 octets;	/* that a read brings */
	int			 turns;
	struct client		 cl;
	int			 fds[2];
} t;

void
deadline_set(struct client *cl, enum deadline kind)
{
}

struct tlsio *
tlsio_accept(struct tlsio_server *ts, int fd)
{
	return ((struct tlsio *)&t);
}

void
tlsio_free(struct tlsio *tio)
{
}

void
tlsio_begin(struct tlsio *tio)
{
}

enum tlsio_status
tlsio_close(struct tlsio *tio)
{
	return (TLSIO_OK);
}

int
tlsio_truncated(const struct tlsio *tio)
{
	return (1);
}

void
tlsio_readable(struct tlsio *tio)
{
}

enum tlsio_status
tlsio_read(struct tlsio *tio, char *buf, size_t size, size_t *got)
{
	*got = t.octets < size ? t.octets : size;
	memset(buf, 'x', *got);
	return (t.read);
}

enum tlsio_status
tlsio_write(struct tlsio *tio, const char *buf, size_t len, size_t *done)
{
	*done = len;
	t.unsent += len;
	return (TLSIO_OK);
}

enum tlsio_status
tlsio_send(struct tlsio *tio, size_t *sent)
{
	*sent = t.send == TLSIO_OK ? t.unsent : 0;
	t.unsent -= *sent;
	return (t.send);
}

size_t
tlsio_unsent(const struct tlsio *tio)
{
	return (t.unsent);
}

static void
turn(struct client *cl)
{
	t.turns++;
}

static void
fill(struct buf *b, size_t len)
{
	buf_open(b, BUF_LARGE);
	memset(buf_end(b), 'x', len);
	buf_added(b, len);
}

/* A turn that is used up leaves the client readable: it is queued. */
static void
test_short_read(void)
{
	unit_case("a read that was cut short is continued");
	memset(&t.cl, 0, sizeof(t.cl));
	memset(&t, 0, sizeof(t));
	clientio_open(&t.cl, 0);
	clientio_secure(&t.cl, NULL);
	t.cl.cl_state = CLIENT_COMMAND;
	t.cl.cl_flags |= CF_READABLE;
	t.read = TLSIO_AGAIN;
	t.octets = 16;
	CHECK(clientio_fill(&t.cl) == 1, "nothing moved");
	CHECK((t.cl.cl_flags & CF_READABLE) && t.cl.cl_up.bf_len == 16,
	    "%x, %u", t.cl.cl_flags, t.cl.cl_up.bf_len);
}

static void
test_unsent(void)
{
	unit_case("what was written counts as unsent until it has left");
	fill(&t.cl.cl_down, 9);
	CHECK(clientio_flush(&t.cl) == 1 && clientio_unsent(&t.cl), "flush");
	t.send = TLSIO_WANT_WRITE;
	CHECK(clientio_send(&t.cl) == 0 && clientio_unsent(&t.cl), "no room");
	CHECK((t.cl.cl_flags & CF_WRITABLE) == 0, "still writable");
	t.cl.cl_flags |= CF_WRITABLE;
	t.send = TLSIO_OK;
	CHECK(clientio_send(&t.cl) == 1 && !clientio_unsent(&t.cl), "send");
}

static void
test_send_error(void)
{
	unit_case("an error while sending makes the client mute");
	t.unsent = 9;
	t.send = TLSIO_ERROR;
	CHECK(clientio_send(&t.cl) == 1 && (t.cl.cl_flags & CF_MUTE), "%x",
	    t.cl.cl_flags);
	buf_clear(&t.cl.cl_up);
}

/* All that a socket has, in pieces that are never larger than asked for. */
static void
test_clear_input(void)
{
	unit_case("in clear: input, and the end of it, which is no accident");
	memset(&t.cl, 0, sizeof(t.cl));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, t.fds) == -1) {
		CHECK(0, "socketpair");
		return;
	}
	clientio_open(&t.cl, t.fds[0]);
	t.cl.cl_state = CLIENT_COMMAND;
	t.cl.cl_flags |= CF_READABLE;
	CHECK(clientio_fill(&t.cl) == 0 && (t.cl.cl_flags & CF_READABLE) == 0,
	    "nothing was there");
	CHECK(write(t.fds[1], "USER joe\r\n", 10) == 10, "write");
	t.cl.cl_flags |= CF_READABLE;
	CHECK(clientio_fill(&t.cl) == 1 && t.cl.cl_up.bf_len == 10, "%u",
	    t.cl.cl_up.bf_len);
	shutdown(t.fds[1], SHUT_WR);
	t.cl.cl_flags |= CF_READABLE;
	CHECK(clientio_fill(&t.cl) == 1 && (t.cl.cl_flags & CF_EOF), "no end");
	CHECK((t.cl.cl_flags & CF_MUTE) == 0 && !clientio_truncated(&t.cl),
	    "an accident");
}

static void
test_clear_output(void)
{
	char	 text[BUF_LARGE];
	int	 i;

	unit_case("in clear: output leaves at once, as far as there is room");
	fill(&t.cl.cl_down, 9);
	CHECK(clientio_flush(&t.cl) == 1 && !clientio_unsent(&t.cl), "kept");
	CHECK(read(t.fds[1], text, sizeof(text)) == 9, "not there");
	for (i = 0; i < 100 && (t.cl.cl_flags & CF_WRITABLE); i++) {
		fill(&t.cl.cl_down, BUF_LARGE - t.cl.cl_down.bf_len);
		clientio_flush(&t.cl);
	}
	CHECK(clientio_unsent(&t.cl), "no end of room");
	CHECK(t.cl.cl_write_want == TLSIO_WANT_WRITE, "%d", t.cl.cl_write_want);
	CHECK(clientio_flush(&t.cl) == 0, "written, though there is no room");
}

static void
test_clear_gone(void)
{
	unit_case("in clear: a client that is gone is mute");
	close(t.fds[1]);
	t.cl.cl_flags |= CF_WRITABLE;
	CHECK(clientio_flush(&t.cl) == 1 && (t.cl.cl_flags & CF_MUTE), "%x",
	    t.cl.cl_flags);
	clientio_close(&t.cl);
}

/* What came before STLS was answered. */
static void
test_discarded(void)
{
	char	 text[BUF_LARGE];

	unit_case("what came in clear is thrown away, here and in the socket");
	memset(&t.cl, 0, sizeof(t.cl));
	memset(text, 'x', sizeof(text));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, t.fds) == -1) {
		CHECK(0, "socketpair");
		return;
	}
	clientio_open(&t.cl, t.fds[0]);
	fill(&t.cl.cl_up, 10);
	CHECK(write(t.fds[1], text, 9000) == 9000, "write");
	CHECK(clientio_discard(&t.cl) == 0 && t.cl.cl_up.bf_len == 0, "kept");
	CHECK(recv(t.fds[0], text, 1, MSG_DONTWAIT) == -1, "left");
}

static void
test_discard_bounded(void)
{
	const int	 room = 2 * PLAINIO_DISCARD_MAX;
	char		 text[BUF_LARGE];
	ssize_t		 n;

	unit_case("a client that does not stop sending is not waited for");
	setsockopt(t.fds[0], SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(t.fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	do
		n = send(t.fds[1], text, sizeof(text), MSG_DONTWAIT);
	while (n > 0);
	CHECK(clientio_discard(&t.cl) == -1 && (t.cl.cl_flags & CF_EOF) == 0,
	    "%x", t.cl.cl_flags);
}

static void
test_discard_ended(void)
{
	char	 text[BUF_LARGE];

	unit_case("nor one that has ended");
	while (recv(t.fds[0], text, sizeof(text), MSG_DONTWAIT) > 0)
		continue;
	close(t.fds[1]);
	CHECK(clientio_discard(&t.cl) == -1 && (t.cl.cl_flags & CF_EOF), "%x",
	    t.cl.cl_flags);
	clientio_close(&t.cl);
}

int
main(void)
{
	event_init();
	clientio_init(turn);
	test_short_read();
	test_unsent();
	test_send_error();
	test_clear_input();
	test_clear_output();
	test_clear_gone();
	test_discarded();
	test_discard_bounded();
	test_discard_ended();
	return (unit_done());
}
