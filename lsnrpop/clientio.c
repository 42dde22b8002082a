/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Between a client's buffers and its sockets.  See clientio.h.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "clientio.h"
#include "deadline.h"
#include "plainio.h"

#define LINGER_PIECES	16

static struct {
	void	(*turn)(struct client *);
} clientio;

void
clientio_init(void (*turn)(struct client *))
{
	clientio.turn = turn;
}

/* The socket is ready for what tlsio waited for. */
static void
clientio_ready(struct client *cl, enum tlsio_status want)
{
	if (cl->cl_read_want == want)
		cl->cl_flags |= CF_READABLE;
	if (cl->cl_write_want == want)
		cl->cl_flags |= CF_WRITABLE;
}

static void
clientio_socket_event(int fd, short what, void *arg)
{
	struct client	*cl = arg;

	if (what & EV_READ) {
		if (cl->cl_tls != NULL)
			tlsio_readable(cl->cl_tls);
		clientio_ready(cl, TLSIO_WANT_READ);
	}
	if (what & EV_WRITE)
		clientio_ready(cl, TLSIO_WANT_WRITE);
	clientio.turn(cl);
}

static void
clientio_stream_event(int fd, short what, void *arg)
{
	struct client	*cl = arg;

	if (what & EV_READ)
		cl->cl_flags |= CF_STREAM;
	if (what & EV_WRITE)
		cl->cl_flags &= ~CF_FULL;
	clientio.turn(cl);
}

void
clientio_open(struct client *cl, int fd)
{
	cl->cl_socket = fd;
	cl->cl_stream = -1;
	cl->cl_flags |= CF_WRITABLE;
	cl->cl_read_want = TLSIO_WANT_READ;
	event_set(&cl->cl_client_in, fd, EV_READ | EV_PERSIST,
	    clientio_socket_event, cl);
	event_set(&cl->cl_client_out, fd, EV_WRITE | EV_PERSIST,
	    clientio_socket_event, cl);
}

int
clientio_secure(struct client *cl, struct tlsio_server *server)
{
	if ((cl->cl_tls = tlsio_accept(server, cl->cl_socket)) == NULL) {
		cl->cl_reason = END_ERROR;
		return (-1);
	}
	cl->cl_state = CLIENT_HANDSHAKE;
	return (0);
}

void
clientio_begin(struct client *cl)
{
	if (cl->cl_tls != NULL)
		tlsio_begin(cl->cl_tls);
}

void
clientio_stream(struct client *cl, int fd)
{
	cl->cl_stream = fd;
	event_set(&cl->cl_stream_in, fd, EV_READ | EV_PERSIST,
	    clientio_stream_event, cl);
	event_set(&cl->cl_stream_out, fd, EV_WRITE | EV_PERSIST,
	    clientio_stream_event, cl);
}

/* Return whether input of the client can be used now. */
static int
clientio_reads(const struct client *cl)
{
	return (cl->cl_state != CLIENT_STLS &&
	    cl->cl_state != CLIENT_CLOSING && cl->cl_state != CLIENT_LINGER);
}

/* Return the events to wait for on the client's socket. */
static int
clientio_socket_wants(const struct client *cl)
{
	int	 wants = 0;

	if (cl->cl_state == CLIENT_LINGER)
		return (EV_CLIENT_IN);
	if (clientio_reads(cl) &&
	    (cl->cl_flags & (CF_READABLE | CF_EOF)) == 0 &&
	    cl->cl_up.bf_len < BUF_LARGE)
		wants |= cl->cl_read_want == TLSIO_WANT_WRITE ?
		    EV_CLIENT_OUT : EV_CLIENT_IN;
	if ((cl->cl_flags & (CF_WRITABLE | CF_MUTE)) == 0)
		wants |= cl->cl_write_want == TLSIO_WANT_READ ?
		    EV_CLIENT_IN : EV_CLIENT_OUT;
	return (wants);
}

static int
clientio_stream_wants(const struct client *cl)
{
	int	 wants = 0;

	if (cl->cl_state != CLIENT_RELAY)
		return (0);
	if ((cl->cl_flags & (CF_STREAM | CF_STREAM_EOF | CF_MUTE)) == 0 &&
	    !clientio_unsent(cl))
		wants |= EV_STREAM_IN;
	if ((cl->cl_flags & (CF_FULL | CF_SHUT)) == CF_FULL)
		wants |= EV_STREAM_OUT;
	return (wants);
}

static void
clientio_events(struct client *cl, int wants)
{
	struct {
		int		 bit;
		struct event	*event;
	}	events[] = {
		{ EV_CLIENT_IN,	 &cl->cl_client_in },
		{ EV_CLIENT_OUT, &cl->cl_client_out },
		{ EV_STREAM_IN,	 &cl->cl_stream_in },
		{ EV_STREAM_OUT, &cl->cl_stream_out },
	};
	int	 changed = wants ^ cl->cl_events;
	size_t	 i;

	if (changed == 0)
		return;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if ((changed & events[i].bit) == 0)
			continue;
		if ((wants & events[i].bit) == 0)
			event_del(events[i].event);
		else if (event_add(events[i].event, NULL) == -1)
			wants &= ~events[i].bit;
	}
	cl->cl_events = wants;
}

void
clientio_register(struct client *cl)
{
	clientio_events(cl, clientio_socket_wants(cl) |
	    clientio_stream_wants(cl));
}

void
clientio_close(struct client *cl)
{
	clientio_events(cl, 0);
	tlsio_free(cl->cl_tls);
	close(cl->cl_socket);
	if (cl->cl_stream != -1)
		close(cl->cl_stream);
	buf_clear(&cl->cl_up);
	buf_clear(&cl->cl_down);
}

/* Data was transferred: restart the timeout. */
static void
clientio_touch(struct client *cl)
{
	if (cl->cl_state == CLIENT_RELAY && (cl->cl_flags & CF_MUTE) == 0)
		deadline_set(cl, cl->cl_flags & CF_SHUT ? DEADLINE_LEFT :
		    DEADLINE_IDLE);
}

/* The client cannot be written to: discard its replies. */
static void
clientio_mute(struct client *cl)
{
	if (cl->cl_flags & CF_MUTE)
		return;
	cl->cl_flags |= CF_MUTE;
	cl->cl_reason = END_ERROR;
}

int
clientio_fill(struct client *cl)
{
	enum tlsio_status	 status;
	size_t			 room, got;

	if ((cl->cl_flags & (CF_READABLE | CF_EOF)) != CF_READABLE ||
	    (room = buf_open(&cl->cl_up, BUF_LARGE)) == 0)
		return (0);
	if (cl->cl_tls == NULL)
		status = plainio_read(cl->cl_socket, buf_end(&cl->cl_up),
		    room, &got);
	else
		status = tlsio_read(cl->cl_tls, buf_end(&cl->cl_up), room,
		    &got);
	buf_added(&cl->cl_up, got);
	if (got > 0)
		clientio_touch(cl);
	if (status == TLSIO_OK || status == TLSIO_AGAIN)
		return (1);
	cl->cl_flags &= ~CF_READABLE;
	cl->cl_read_want = status;
	if (status == TLSIO_ERROR)
		clientio_mute(cl);
	if (status == TLSIO_ERROR || status == TLSIO_EOF) {
		cl->cl_flags |= CF_EOF;
		return (1);
	}
	return (got > 0);
}

/* Without TLS it is sent at once. */
static enum tlsio_status
clientio_write(struct client *cl, size_t *done)
{
	enum tlsio_status	 status;

	if (cl->cl_tls != NULL)
		return (tlsio_write(cl->cl_tls, buf_start(&cl->cl_down),
		    cl->cl_down.bf_len, done));
	status = plainio_write(cl->cl_socket, buf_start(&cl->cl_down),
	    cl->cl_down.bf_len, done);
	if (*done > 0)
		clientio_touch(cl);
	return (status);
}

int
clientio_flush(struct client *cl)
{
	enum tlsio_status	 status;
	size_t			 done;

	if (cl->cl_down.bf_len == 0)
		return (0);
	if (cl->cl_flags & CF_MUTE) {
		buf_used(&cl->cl_down, cl->cl_down.bf_len);
		return (1);
	}
	if ((cl->cl_flags & CF_WRITABLE) == 0)
		return (0);
	status = clientio_write(cl, &done);
	buf_used(&cl->cl_down, done);
	if (status == TLSIO_OK)
		return (1);
	if (status == TLSIO_ERROR) {
		clientio_mute(cl);
		return (1);
	}
	cl->cl_flags &= ~CF_WRITABLE;
	cl->cl_write_want = status;
	return (done > 0);
}

int
clientio_send(struct client *cl)
{
	enum tlsio_status	 status;
	size_t			 sent;

	if (cl->cl_tls == NULL ||
	    (cl->cl_flags & (CF_WRITABLE | CF_MUTE)) != CF_WRITABLE ||
	    tlsio_unsent(cl->cl_tls) == 0)
		return (0);
	status = tlsio_send(cl->cl_tls, &sent);
	if (sent > 0)
		clientio_touch(cl);
	if (status == TLSIO_ERROR) {
		clientio_mute(cl);
		return (1);
	}
	if (status == TLSIO_WANT_WRITE) {
		cl->cl_flags &= ~CF_WRITABLE;
		cl->cl_write_want = status;
	}
	return (sent > 0);
}

int
clientio_unsent(const struct client *cl)
{
	return (cl->cl_down.bf_len > 0 ||
	    (cl->cl_tls != NULL && tlsio_unsent(cl->cl_tls) > 0));
}

int
clientio_discard(struct client *cl)
{
	enum tlsio_status	 status;

	buf_clear(&cl->cl_up);
	status = plainio_discard(cl->cl_socket);
	if (status == TLSIO_EOF || status == TLSIO_ERROR)
		cl->cl_flags |= CF_EOF;
	cl->cl_flags &= ~CF_READABLE;
	cl->cl_read_want = TLSIO_WANT_READ;
	return (status == TLSIO_WANT_READ && (cl->cl_flags & CF_EOF) == 0 ?
	    0 : -1);
}

enum tlsio_status
clientio_finish(struct client *cl)
{
	return (cl->cl_tls == NULL ? TLSIO_OK : tlsio_close(cl->cl_tls));
}

int
clientio_notify(struct client *cl)
{
	enum tlsio_status	 status;

	if (cl->cl_down.bf_len > 0 || (cl->cl_flags & CF_WRITABLE) == 0)
		return (0);
	if ((cl->cl_flags & CF_NOTIFIED) == 0) {
		status = clientio_finish(cl);
		if (status == TLSIO_WANT_READ || status == TLSIO_WANT_WRITE) {
			cl->cl_flags &= ~CF_WRITABLE;
			cl->cl_write_want = status;
			return (0);
		}
		cl->cl_flags |= CF_NOTIFIED;
	}
	clientio_send(cl);
	return ((cl->cl_flags & CF_MUTE) || !clientio_unsent(cl));
}

int
clientio_linger(struct client *cl)
{
	char	 rest[4096];
	ssize_t	 n = 1;
	int	 i;

	for (i = 0; i < LINGER_PIECES && n > 0; i++)
		n = recv(cl->cl_socket, rest, sizeof(rest), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	return (n > 0 ? 0 : -1);
}

/* Without TLS the end of TCP is the only way to close. */
int
clientio_truncated(const struct client *cl)
{
	return (cl->cl_tls != NULL && tlsio_truncated(cl->cl_tls));
}

void
clientio_say(struct client *cl, const char *text)
{
	size_t	 len = strlen(text);

	if (buf_open(&cl->cl_down, BUF_SMALL) < len) {
		clientio_mute(cl);
		return;
	}
	memcpy(buf_end(&cl->cl_down), text, len);
	buf_added(&cl->cl_down, len);
}
