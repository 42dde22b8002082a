/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Channels: messages between processes inside a libevent loop.
 * Comes in: octets from another process, trusted for nothing.  Goes out:
 * whole, checked messages to the handlers of chan_rule.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <errno.h>
#include <event.h>
#include <imsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "log.h"
#include "msg.h"

struct chan {
	struct imsgbuf		 ch_buf;
	struct event		 ch_read;
	struct event		 ch_write;
	int			 ch_fd;
	const char		*ch_name;
	const struct chan_rule	*ch_rules;
	chan_closed		 ch_closed;
	void			*ch_arg;
	int			 ch_depth;	/* inside chan_poll() */
	int			 ch_freed;	/* by a handler of its own */
	int			 ch_ended;	/* ch_closed was called */
};

static void	 chan_readable(int, short, void *);
static void	 chan_writable(int, short, void *);

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	struct chan	*ch;

	if ((ch = calloc(1, sizeof(*ch))) == NULL)
		return (NULL);
	if (imsgbuf_init(&ch->ch_buf, fd) == -1) {
		free(ch);
		return (NULL);
	}
	imsgbuf_allow_fdpass(&ch->ch_buf);
	ch->ch_fd = fd;
	ch->ch_name = name;
	ch->ch_rules = rules;
	ch->ch_closed = closed;
	ch->ch_arg = arg;
	event_set(&ch->ch_read, fd, EV_READ | EV_PERSIST, chan_readable, ch);
	event_set(&ch->ch_write, fd, EV_WRITE, chan_writable, ch);
	event_add(&ch->ch_read, NULL);
	return (ch);
}

static void
chan_release(struct chan *ch)
{
	imsgbuf_clear(&ch->ch_buf);
	free(ch);
}

void
chan_free(struct chan *ch)
{
	if (ch == NULL || ch->ch_freed)
		return;
	event_del(&ch->ch_read);
	event_del(&ch->ch_write);
	close(ch->ch_fd);
	ch->ch_freed = 1;
	if (ch->ch_depth == 0)
		chan_release(ch);
}

/* The peer is gone or to be treated as gone; ch may be freed after this. */
static void
chan_end(struct chan *ch, const char *why)
{
	if (ch->ch_ended || ch->ch_freed)
		return;
	ch->ch_ended = 1;
	event_del(&ch->ch_read);
	event_del(&ch->ch_write);
	ch->ch_closed(ch->ch_arg, why);
}

/* One message: NULL, or how the peer broke the protocol. */
static const char *
chan_dispatch(struct chan *ch, struct imsg *imsg)
{
	const struct chan_rule	*cr;
	union msg_payload	 payload;
	const char		*why;
	uint32_t		 type = imsg_get_type(imsg);
	int			 fd;

	for (cr = ch->ch_rules; cr->cr_type != 0; cr++)
		if (cr->cr_type == type)
			break;
	if (cr->cr_type == 0)
		return ("not a message that this peer may send");
	if ((why = msg_check(imsg, &payload)) != NULL)
		return (why);
	fd = imsg_get_fd(imsg);
	if ((fd != -1) != msg_has_fd(type)) {
		if (fd != -1)
			close(fd);
		explicit_bzero(&payload, msg_size(type));
		return (fd != -1 ? "a descriptor where none belongs" :
		    "no descriptor");
	}
	why = cr->cr_handler(ch->ch_arg,
	    msg_size(type) != 0 ? &payload : NULL, fd);
	explicit_bzero(&payload, msg_size(type));
	return (why);
}

/* Dispatch all that was read; a handler may free or end the channel. */
static void
chan_dispatch_all(struct chan *ch)
{
	struct imsg	 imsg;
	const char	*why, *name;
	char		 text[128];
	int		 n;

	while (!ch->ch_freed && !ch->ch_ended) {
		if ((n = imsgbuf_get(&ch->ch_buf, &imsg)) == 0)
			return;
		if (n == -1) {
			chan_end(ch, "malformed message");
			return;
		}
		why = chan_dispatch(ch, &imsg);
		name = msg_name(imsg_get_type(&imsg));
		imsg_free(&imsg);
		if (why != NULL) {
			snprintf(text, sizeof(text), "%s: %s", name, why);
			chan_end(ch, text);
		}
	}
}

void
chan_poll(struct chan *ch)
{
	int	 n;

	if (ch->ch_freed || ch->ch_ended)
		return;
	ch->ch_depth++;
	if ((n = imsgbuf_read(&ch->ch_buf)) == 1)
		chan_dispatch_all(ch);
	else	/* ECONNRESET: closed before it had read all that we sent */
		chan_end(ch, n == 0 || errno == ECONNRESET ? NULL :
		    strerror(errno));
	if (--ch->ch_depth == 0 && ch->ch_freed)
		chan_release(ch);
}

static void
chan_readable(int fd, short event, void *arg)
{
	chan_poll(arg);
}

/* Write what there is; what stays waits for the socket. -1: peer is gone. */
static int
chan_flush(struct chan *ch)
{
	if (imsgbuf_write(&ch->ch_buf) == -1)
		return (-1);
	if (imsgbuf_queuelen(&ch->ch_buf) > 0)
		event_add(&ch->ch_write, NULL);
	return (0);
}

static void
chan_writable(int fd, short event, void *arg)
{
	struct chan	*ch = arg;

	/* A dead peer is noticed, and told of, by the read side. */
	(void)chan_flush(ch);
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	if (ch->ch_freed || ch->ch_ended ||
	    imsg_compose(&ch->ch_buf, type, 0, 0, fd, data,
	    msg_size(type)) == -1) {
		if (fd != -1)
			close(fd);
		return (-1);
	}
	return (chan_flush(ch));
}

int
chan_drained(struct chan *ch)
{
	return (imsgbuf_queuelen(&ch->ch_buf) == 0);
}
