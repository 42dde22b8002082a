/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages between processes, in a libevent loop.  In: octets from another
 * process, not trusted.  Out: whole, checked messages to the handlers of
 * chan_rule.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bucket.h"
#include "chan.h"
#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "msg.h"

struct chan {
	struct imsgbuf		 ch_buf;
	struct event		 ch_read;
	struct event		 ch_write;
	struct event		 ch_retry;
	int			 ch_fd;
	const char		*ch_name;
	const struct chan_rule	*ch_rules;
	chan_closed		 ch_closed;
	void			(*ch_drained)(void *);
	void			(*ch_lost)(void *, uint32_t, const void *);
	void			*ch_arg;
	int			 ch_depth;	/* inside chan_poll() */
	int			 ch_freed;	/* by one of its own handlers */
	int			 ch_ended;	/* ch_closed was called */
	int			 ch_deaf;	/* peer does not read: end it */
	unsigned int		 ch_voices;	/* peers it speaks for */
	unsigned int		 ch_patience;	/* times the usual limits */
	struct bucket		 ch_messages;	/* that it may still send */
	unsigned int		 ch_drops;	/* in this minute */
	time_t			 ch_minute;
};

/* Of this process: lines about messages, and the number suppressed. */
static struct {
	struct bucket	 lines;
	unsigned int	 lost;
} chan;

static void	 chan_readable(int, short, void *);
static void	 chan_writable(int, short, void *);

static void
chan_release(struct chan *ch)
{
	imsgbuf_clear(&ch->ch_buf);
	free(ch);
}

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	struct chan	*ch;

	if ((ch = calloc(1, sizeof(*ch))) == NULL)
		return (NULL);
	event_set(&ch->ch_read, fd, EV_READ | EV_PERSIST, chan_readable, ch);
	event_set(&ch->ch_write, fd, EV_WRITE, chan_writable, ch);
	evtimer_set(&ch->ch_retry, chan_writable, ch);
	if (imsgbuf_init(&ch->ch_buf, fd) == -1) {
		free(ch);
		return (NULL);
	}
	if (event_add(&ch->ch_read, NULL) == -1) {
		chan_release(ch);
		return (NULL);
	}
	imsgbuf_allow_fdpass(&ch->ch_buf);
	ch->ch_fd = fd;
	ch->ch_name = name;
	ch->ch_rules = rules;
	ch->ch_closed = closed;
	ch->ch_arg = arg;
	ch->ch_voices = 1;
	ch->ch_patience = 1;
	return (ch);
}

void
chan_voices(struct chan *ch, unsigned int count)
{
	ch->ch_voices = count;
}

void
chan_patience(struct chan *ch, unsigned int times)
{
	ch->ch_patience = times;
}

void
chan_free(struct chan *ch)
{
	if (ch == NULL || ch->ch_freed)
		return;
	event_del(&ch->ch_read);
	event_del(&ch->ch_write);
	evtimer_del(&ch->ch_retry);
	close(ch->ch_fd);
	ch->ch_freed = 1;
	if (ch->ch_depth == 0)
		chan_release(ch);
}

/* End a channel whose peer is gone or misbehaves; ch may then be freed. */
static void
chan_end(struct chan *ch, const char *why)
{
	if (ch->ch_ended || ch->ch_freed)
		return;
	ch->ch_ended = 1;
	event_del(&ch->ch_read);
	event_del(&ch->ch_write);
	evtimer_del(&ch->ch_retry);
	ch->ch_closed(ch->ch_arg, why);
}

static time_t
chan_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec);
}

/* Log a message that makes no sense, at a limited rate. */
static void
chan_drop(struct chan *ch, const char *name, const char *why)
{
	time_t	 now = chan_clock();

	if (ch->ch_drops == 0 || now - ch->ch_minute >= 60) {
		if (ch->ch_drops > CHAN_DROPS_LOGGED)
			log_warnx("%s: %u more messages dropped", ch->ch_name,
			    ch->ch_drops - CHAN_DROPS_LOGGED);
		ch->ch_minute = now;
		ch->ch_drops = 0;
	}
	if (ch->ch_drops++ < CHAN_DROPS_LOGGED)
		log_warnx("%s: %s dropped: %s", ch->ch_name, name, why);
}

/*
 * Log a message: its peer, name and size, never its contents.  Log lines are
 * messages themselves and must not cause more; pings are not worth a line.
 */
static void
chan_trace(const char *way, const struct chan *ch, uint32_t type,
    const void *data, int fd)
{
	const struct session_id	*si = msg_session(type, data);
	char			 name[SESSION_NAME_MAX];

	if (type == MSG_LOG || type == MSG_PING || type == MSG_PONG)
		return;
	if (bucket_spend(&chan.lines, LOG_RATE * log_times(),
	    LOG_BURST * log_times()) == -1) {
		chan.lost++;
		return;
	}
	if (chan.lost > 0)
		log_debug("%u messages not logged", chan.lost);
	chan.lost = 0;
	log_debug("message %s %s: %s octets=%zu%s%s%s", way, ch->ch_name,
	    msg_name(type), msg_size(type), fd != -1 ? " descriptor" : "",
	    si != NULL ? " session=" : "",
	    si != NULL ? msg_session_name(si, name, sizeof(name)) : "");
}

/* Check one message and call its handler. */
static struct verdict
chan_dispatch(struct chan *ch, struct imsg *imsg)
{
	const struct chan_rule	*cu;
	union msg_payload	 payload;
	struct verdict		 vd;
	const char		*why;
	uint32_t		 type = imsg_get_type(imsg);
	int			 fd;

	for (cu = ch->ch_rules; cu->cu_type != 0; cu++)
		if (cu->cu_type == type)
			break;
	if (cu->cu_type == 0)
		return (LIE("message not allowed from this peer"));
	if ((why = msg_check(imsg, &payload)) != NULL)
		return (LIE(why));
	fd = imsg_get_fd(imsg);
	if (log_traces())
		chan_trace("from", ch, type, &payload, fd);
	if ((fd != -1) != msg_has_fd(type)) {
		if (fd != -1)
			close(fd);
		else if (imsg_fd_lost(imsg) && ch->ch_lost != NULL)
			ch->ch_lost(ch->ch_arg, type, &payload);
		explicit_bzero(&payload, msg_size(type));
		if (imsg_fd_lost(imsg))
			return (DROP("no room for its descriptor"));
		return (LIE(fd != -1 ? "unexpected descriptor" :
		    "no descriptor"));
	}
	vd = cu->cu_handler(ch->ch_arg,
	    msg_size(type) != 0 ? &payload : NULL, fd);
	explicit_bzero(&payload, msg_size(type));
	return (vd);
}

/* Act on the verdict of a handler; ch may be freed or ended after this. */
static void
chan_judge(struct chan *ch, uint32_t type, const struct verdict *vd)
{
	char	 text[128];

	if (vd->vd_kind == VERDICT_TAKEN || ch->ch_freed || ch->ch_ended)
		return;
	if (vd->vd_kind == VERDICT_DROP || vd->vd_gen != 0) {
		chan_drop(ch, msg_name(type), vd->vd_why);
		return;
	}
	snprintf(text, sizeof(text), "%s: %s", msg_name(type), vd->vd_why);
	chan_end(ch, text);
}

/*
 * Dispatch all that was read and return the number of messages; a handler may
 * free or end the channel.
 */
static unsigned int
chan_dispatch_all(struct chan *ch)
{
	struct imsg	 imsg;
	struct verdict	 vd;
	unsigned int	 count = 0;
	int		 n;

	while (!ch->ch_freed && !ch->ch_ended) {
		if ((n = imsgbuf_get(&ch->ch_buf, &imsg)) == 0)
			break;
		if (n == -1) {
			chan_end(ch, "malformed message");
			break;
		}
		count++;
		if (bucket_spend(&ch->ch_messages, CHAN_RATE * ch->ch_voices,
		    CHAN_BURST * ch->ch_voices) == -1) {
			imsg_free(&imsg);
			chan_end(ch, "sends too many messages");
			break;
		}
		vd = chan_dispatch(ch, &imsg);
		chan_judge(ch, imsg_get_type(&imsg), &vd);
		imsg_free(&imsg);
	}
	return (count);
}

unsigned int
chan_poll(struct chan *ch)
{
	unsigned int	 count = 0;
	int		 n;

	if (ch->ch_freed || ch->ch_ended)
		return (0);
	ch->ch_depth++;
	if (ch->ch_deaf)
		chan_end(ch, "does not read its messages");
	else if ((n = imsgbuf_read(&ch->ch_buf)) == 1)
		count = chan_dispatch_all(ch);
	else	/* ECONNRESET: closed before it had read all that we sent */
		chan_end(ch, n == 0 || errno == ECONNRESET ? NULL :
		    strerror(errno));
	if (--ch->ch_depth == 0 && ch->ch_freed)
		chan_release(ch);
	return (count);
}

static void
chan_readable(int fd, short what, void *arg)
{
	chan_poll(arg);
}

/*
 * Write what is queued.  The rest waits for the socket, or for a moment if the
 * system lacks memory or has too many descriptors in flight.  Return -1 if the
 * peer is gone.
 */
static int
chan_flush(struct chan *ch)
{
	const struct timeval	 tv = { 0, CHAN_RETRY_MILLISECONDS * 1000 };

	if (imsgbuf_write(&ch->ch_buf) == -1)
		return (-1);
	if (imsgbuf_queuelen(&ch->ch_buf) == 0)
		return (0);
	if (errno == EAGAIN)
		event_add(&ch->ch_write, NULL);
	else
		evtimer_add(&ch->ch_retry, &tv);
	return (0);
}

static void
chan_writable(int fd, short what, void *arg)
{
	struct chan	*ch = arg;

	/* The read side notices and reports a dead peer. */
	if (chan_flush(ch) == 0 && chan_drained(ch) && ch->ch_drained != NULL)
		ch->ch_drained(ch->ch_arg);
}

/* Nothing ends inside chan_send(): the loop ends it a moment later. */
static int
chan_overdue(struct chan *ch)
{
	if (imsgbuf_queuelen(&ch->ch_buf) <
	    CHAN_MESSAGES_MAX * ch->ch_patience &&
	    imsgbuf_queued_octets(&ch->ch_buf) <
	    (size_t)CHAN_OCTETS_MAX * ch->ch_patience)
		return (0);
	ch->ch_deaf = 1;
	event_active(&ch->ch_read, EV_READ, 1);
	return (1);
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	if (log_traces())
		chan_trace("to", ch, type, data, fd);
	if (ch->ch_freed || ch->ch_ended || chan_overdue(ch) ||
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

void
chan_on_drained(struct chan *ch, void (*drained)(void *))
{
	ch->ch_drained = drained;
}

void
chan_on_lost(struct chan *ch, void (*lost)(void *, uint32_t, const void *))
{
	ch->ch_lost = lost;
}
