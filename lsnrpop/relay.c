/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The TRANSACTION state as a listener sees it: octets in clear between a
 * client and its worker.  The two directions know nothing of each other, so
 * that a full one never stops the other.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "bufpool.h"
#include "deadline.h"
#include "session.h"

#define RELAY_PIECES	4		/* in one turn: others want theirs */

/* The worker takes no more: what the client sends is of no use. */
static void
relay_deaf(struct session *s)
{
	buf_clear(&s->se_up);
	s->se_flags |= SF_EOF | SF_SHUT | SF_LINGER;
}

/*
 * The worker's next write fails on Linux, also one that it is in; on OpenBSD
 * it blocks, at the latest once the socket is full, until the stream is
 * closed.  So from now on nothing is read from the stream, which would tell
 * the worker that its replies still leave, and nothing waits for the worker
 * without a limit.  What the client sent is delivered, then comes the end.
 */
void
relay_mute(struct session *s)
{
	shutdown(s->se_stream, SHUT_RD);
	deadline_set(s, DEADLINE_MUTE);
}

/* se_up -> worker. */
static int
relay_deliver(struct session *s)
{
	ssize_t	 n;

	if (s->se_flags & (SF_FULL | SF_SHUT))
		return (0);
	if (s->se_up.bf_len == 0) {
		if (s->se_flags & SF_EOF) {
			shutdown(s->se_stream, SHUT_WR);
			s->se_flags |= SF_SHUT;
		}
		return (0);
	}
	n = send(s->se_stream, buf_start(&s->se_up), s->se_up.bf_len,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1) {
		if (errno == EAGAIN || errno == ENOBUFS)
			s->se_flags |= SF_FULL;
		else if (errno != EINTR)
			relay_deaf(s);
		return (0);
	}
	if ((size_t)n < s->se_up.bf_len)
		s->se_flags |= SF_FULL;
	buf_used(&s->se_up, n);
	if (s->se_flags & SF_MUTE)
		deadline_set(s, DEADLINE_MUTE);
	return (1);
}

/* worker -> se_down; only when all before it is gone, for whole records. */
static int
relay_collect(struct session *s)
{
	size_t	 room;
	ssize_t	 n;

	if ((s->se_flags & (SF_STREAM | SF_MUTE)) != SF_STREAM ||
	    s->se_down.bf_len > 0 ||
	    (room = buf_open(&s->se_down, BUF_LARGE)) == 0)
		return (0);
	n = recv(s->se_stream, buf_end(&s->se_down), room, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		s->se_flags &= ~SF_STREAM;
		return (0);
	}
	if (n <= 0) {
		s->se_flags &= ~SF_STREAM;
		s->se_flags |= SF_STREAM_EOF;
		s->se_reason = END_DONE;
		return (1);
	}
	/* Poll speaks up again if this was not all. */
	if ((size_t)n < room)
		s->se_flags &= ~SF_STREAM;
	buf_added(&s->se_down, n);
	return (1);
}

/* Whether there is nothing left to be done for either side. */
static int
relay_over(const struct session *s)
{
	if (s->se_flags & SF_MUTE)
		return ((s->se_flags & (SF_SHUT | SF_STREAM_EOF)) != 0);
	return ((s->se_flags & SF_STREAM_EOF) && s->se_down.bf_len == 0);
}

int
relay_turn(struct session *s)
{
	int	 i, moved = 1;

	for (i = 0; i < RELAY_PIECES && moved; i++) {
		moved = session_fill(s);
		moved |= relay_deliver(s);
		moved |= relay_collect(s);
		moved |= session_flush(s);
		if (relay_over(s)) {
			/* What it sent behind QUIT nobody reads. */
			if (s->se_up.bf_len > 0)
				s->se_flags |= SF_LINGER;
			/* But it has no last words to lose. */
			if (s->se_flags & SF_MUTE)
				s->se_flags &= ~SF_LINGER;
			s->se_state = SESSION_CLOSING;
			return (1);
		}
	}
	return (moved);
}
