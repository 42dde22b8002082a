/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The TRANSACTION state in a listener: octets in clear between a client and
 * its worker.  The two directions are independent, so that a full one never
 * stops the other.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "buf.h"
#include "capacity.h"
#include "client.h"
#include "clientio.h"
#include "deadline.h"
#include "limits.h"
#include "relay.h"
#include "reply.h"

/* The worker reads no more: discard the client's input. */
static void
relay_deaf(struct client *cl)
{
	buf_clear(&cl->cl_up);
	cl->cl_flags |= CF_EOF | CF_SHUT | CF_LINGER;
}

/*
 * The worker's next or current write fails on Linux; on OpenBSD it blocks, at
 * the latest when the socket is full, until the stream is closed.  So read no
 * more from the stream, which would tell the worker that its replies still
 * leave, and limit the time the worker has.  What the client sent is
 * delivered, then end of file.
 */
static void
relay_mute(struct client *cl)
{
	cl->cl_flags |= CF_STREAM_MUTE;
	shutdown(cl->cl_stream, SHUT_RD);
	deadline_set(cl, DEADLINE_MUTE);
}

/* cl_up -> worker */
static int
relay_deliver(struct client *cl)
{
	ssize_t	 n;

	if (cl->cl_flags & (CF_FULL | CF_SHUT))
		return (0);
	if (cl->cl_up.bf_len == 0) {
		if (cl->cl_flags & CF_EOF) {
			shutdown(cl->cl_stream, SHUT_WR);
			cl->cl_flags |= CF_SHUT;
			deadline_set(cl, DEADLINE_LEFT);
		}
		return (0);
	}
	n = send(cl->cl_stream, buf_start(&cl->cl_up), cl->cl_up.bf_len,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1) {
		if (errno == EINTR)
			return (1);
		if (errno == EAGAIN || errno == ENOBUFS)
			cl->cl_flags |= CF_FULL;
		else
			relay_deaf(cl);
		return (0);
	}
	if ((size_t)n < cl->cl_up.bf_len)
		cl->cl_flags |= CF_FULL;
	buf_used(&cl->cl_up, n);
	if (cl->cl_flags & CF_MUTE)
		deadline_set(cl, DEADLINE_MUTE);
	return (1);
}

/* worker -> cl_down; only once the socket has taken all before it. */
static int
relay_collect(struct client *cl)
{
	size_t	 room;
	ssize_t	 n;

	if ((cl->cl_flags & (CF_STREAM | CF_MUTE)) != CF_STREAM ||
	    clientio_unsent(cl) ||
	    (room = buf_open(&cl->cl_down, BUF_LARGE)) == 0)
		return (0);
	n = recv(cl->cl_stream, buf_end(&cl->cl_down), room, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		cl->cl_flags &= ~CF_STREAM;
		return (0);
	}
	if (n <= 0) {
		/* The worker could not even refuse the client. */
		if (!cl->cl_answered)
			clientio_say(cl, REPLY_TEMP);
		cl->cl_flags &= ~CF_STREAM;
		cl->cl_flags |= CF_STREAM_EOF;
		cl->cl_reason = END_DONE;
		return (1);
	}
	cl->cl_answered = 1;
	/* If this was not all, poll reports it again. */
	if ((size_t)n < room)
		cl->cl_flags &= ~CF_STREAM;
	buf_added(&cl->cl_down, n);
	return (1);
}

/* Return whether nothing is left to do for either side. */
static int
relay_over(const struct client *cl)
{
	if (cl->cl_flags & CF_MUTE)
		return ((cl->cl_flags & (CF_SHUT | CF_STREAM_EOF)) != 0);
	return ((cl->cl_flags & CF_STREAM_EOF) && cl->cl_down.bf_len == 0);
}

void
relay_start(struct client *cl, int fd)
{
	clientio_stream(cl, fd);
	cl->cl_state = CLIENT_RELAY;
	capacity_session(cl);
	unauth_remove(&cl->cl_unauth);
	authstate_clear(&cl->cl_auth);
	deadline_set(cl, DEADLINE_IDLE);
}

int
relay_turn(struct client *cl)
{
	int	 i, moved = 1;

	for (i = 0; i < TURN_PIECES && moved; i++) {
		moved = clientio_fill(cl);
		moved |= relay_deliver(cl);
		moved |= clientio_send(cl);
		moved |= relay_collect(cl);
		moved |= clientio_flush(cl);
		if ((cl->cl_flags & (CF_MUTE | CF_STREAM_MUTE)) == CF_MUTE)
			relay_mute(cl);
		if (relay_over(cl)) {
			/* Input after QUIT is discarded. */
			if (cl->cl_up.bf_len > 0)
				cl->cl_flags |= CF_LINGER;
			/* There is no last reply to lose. */
			if (cl->cl_flags & CF_MUTE)
				cl->cl_flags &= ~CF_LINGER;
			cl->cl_state = CLIENT_CLOSING;
			return (1);
		}
	}
	return (moved);
}
