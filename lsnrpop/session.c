/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One session: its states, its events, its end.  Octets come in and go out
 * through tlsio.c; before login authstate.c executes them, after it relay.c
 * passes them on.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "deadline.h"
#include "log.h"
#include "login.h"
#include "session.h"
#include "sources.h"
#include "tally.h"

#define GREETING	"+OK POP3 ready\r\n"
#define REPLY_MAX	512		/* RFC 2449 section 4, and CAPA's */
#define COMMAND_PIECES	4		/* in one turn: others want theirs */
#define LINGER_PIECES	16

TAILQ_HEAD(session_queue, session);

static struct {
	unsigned int		 count;
	struct session_queue	 again;		/* for another turn */
	struct event		 again_timer;
	struct tally		 failed;
} sessions = {
	.failed = { .ta_what = "tls-failed" },
};

static void	session_again(int, short, void *);
static void	session_expired(struct session *);

void
session_init(void)
{
	TAILQ_INIT(&sessions.again);
	evtimer_set(&sessions.again_timer, session_again, NULL);
	deadline_init(session_expired);
}

unsigned int
session_count(void)
{
	return (sessions.count);
}

/* The socket is ready for what tlsio waited for. */
static void
session_ready(struct session *s, enum tlsio_status want)
{
	if (s->se_read_want == want)
		s->se_flags |= SF_READABLE;
	if (s->se_write_want == want)
		s->se_flags |= SF_WRITABLE;
}

static void
session_client_event(int fd, short what, void *arg)
{
	struct session	*s = arg;

	if (what & EV_READ) {
		tlsio_readable(s->se_tls);
		session_ready(s, TLSIO_WANT_READ);
	}
	if (what & EV_WRITE)
		session_ready(s, TLSIO_WANT_WRITE);
	session_turn(s);
}

static void
session_stream_event(int fd, short what, void *arg)
{
	struct session	*s = arg;

	if (what & EV_READ)
		s->se_flags |= SF_STREAM;
	if (what & EV_WRITE)
		s->se_flags &= ~SF_FULL;
	session_turn(s);
}

/* What the session waits for on its client's socket. */
static int
session_client_wants(const struct session *s)
{
	int	 wants = 0;

	if (s->se_state == SESSION_LINGER)
		return (EV_CLIENT_IN);
	if (s->se_state != SESSION_CLOSING &&
	    (s->se_flags & (SF_READABLE | SF_EOF)) == 0 &&
	    s->se_up.bf_len < BUF_LARGE)
		wants |= s->se_read_want == TLSIO_WANT_WRITE ?
		    EV_CLIENT_OUT : EV_CLIENT_IN;
	if ((s->se_flags & (SF_WRITABLE | SF_MUTE)) == 0)
		wants |= s->se_write_want == TLSIO_WANT_READ ?
		    EV_CLIENT_IN : EV_CLIENT_OUT;
	return (wants);
}

static int
session_stream_wants(const struct session *s)
{
	int	 wants = 0;

	if (s->se_state != SESSION_RELAY)
		return (0);
	if ((s->se_flags & (SF_STREAM | SF_STREAM_EOF | SF_MUTE)) == 0 &&
	    s->se_down.bf_len == 0)
		wants |= EV_STREAM_IN;
	if ((s->se_flags & (SF_FULL | SF_SHUT)) == SF_FULL)
		wants |= EV_STREAM_OUT;
	return (wants);
}

/* Have just the events registered that the session waits for. */
static void
session_register(struct session *s, int wants)
{
	struct {
		int		 bit;
		struct event	*event;
	} events[] = {
		{ EV_CLIENT_IN,	 &s->se_client_in },
		{ EV_CLIENT_OUT, &s->se_client_out },
		{ EV_STREAM_IN,	 &s->se_stream_in },
		{ EV_STREAM_OUT, &s->se_stream_out },
	};
	int changed = wants ^ s->se_events;
	size_t i;

	if (changed == 0)
		return;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if ((changed & events[i].bit) == 0)
			continue;
		if (wants & events[i].bit)
			event_add(events[i].event, NULL);
		else
			event_del(events[i].event);
	}
	s->se_events = wants;
}

int
session_new(struct tlsio_server *server, int fd, const struct source *source)
{
	struct session	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (-1);
	if ((s->se_tls = tlsio_accept(server, fd)) == NULL) {
		free(s);
		return (-1);
	}
	s->se_client = fd;
	s->se_stream = -1;
	s->se_source = *source;
	s->se_flags = SF_WRITABLE | SF_COUNTED;
	s->se_read_want = TLSIO_WANT_READ;
	s->se_reason = END_CLIENT;
	event_set(&s->se_client_in, fd, EV_READ | EV_PERSIST,
	    session_client_event, s);
	event_set(&s->se_client_out, fd, EV_WRITE | EV_PERSIST,
	    session_client_event, s);
	deadline_set(s, DEADLINE_LOGIN);
	session_register(s, session_client_wants(s));
	sessions.count++;
	return (0);
}

/* No longer unauthenticated. */
static void
session_uncount(struct session *s)
{
	if ((s->se_flags & SF_COUNTED) == 0)
		return;
	s->se_flags &= ~SF_COUNTED;
	sources_remove(&s->se_source);
}

void
session_end(struct session *s, enum end_reason reason)
{
	login_end(s, reason);
	session_uncount(s);
	session_register(s, 0);
	deadline_set(s, DEADLINE_NONE);
	if (s->se_flags & SF_QUEUED)
		TAILQ_REMOVE(&sessions.again, s, se_queued);
	tlsio_free(s->se_tls);
	close(s->se_client);
	if (s->se_stream != -1)
		close(s->se_stream);
	buf_clear(&s->se_up);
	buf_clear(&s->se_down);
	authstate_clear(&s->se_auth);
	free(s);
	sessions.count--;
	accept_resume();
}

/* An octet went by: the client is alive. */
static void
session_touch(struct session *s)
{
	if (s->se_state == SESSION_RELAY && (s->se_flags & SF_MUTE) == 0)
		deadline_set(s, DEADLINE_IDLE);
}

/*
 * The client cannot be written to: its replies are thrown away.  A worker must
 * not think that they arrive.
 */
static void
session_mute(struct session *s)
{
	if (s->se_flags & SF_MUTE)
		return;
	s->se_flags |= SF_MUTE;
	s->se_reason = END_ERROR;
	if (s->se_state == SESSION_RELAY)
		relay_mute(s);
}

int
session_fill(struct session *s)
{
	enum tlsio_status	 status;
	size_t			 room, got;

	if ((s->se_flags & (SF_READABLE | SF_EOF)) != SF_READABLE ||
	    (room = buf_open(&s->se_up, BUF_LARGE)) == 0)
		return (0);
	status = tlsio_read(s->se_tls, buf_end(&s->se_up), room, &got);
	buf_added(&s->se_up, got);
	if (got > 0)
		session_touch(s);
	if (status == TLSIO_OK)
		return (1);
	s->se_flags &= ~SF_READABLE;
	s->se_read_want = status;
	if (status == TLSIO_ERROR)
		session_mute(s);
	if (status == TLSIO_ERROR || status == TLSIO_EOF) {
		s->se_flags |= SF_EOF;
		return (1);
	}
	return (got > 0);
}

int
session_flush(struct session *s)
{
	enum tlsio_status	 status;
	size_t			 done;

	if (s->se_down.bf_len == 0)
		return (0);
	if (s->se_flags & SF_MUTE) {
		buf_used(&s->se_down, s->se_down.bf_len);
		return (1);
	}
	if ((s->se_flags & SF_WRITABLE) == 0)
		return (0);
	status = tlsio_write(s->se_tls, buf_start(&s->se_down),
	    s->se_down.bf_len, &done);
	buf_used(&s->se_down, done);
	if (done > 0)
		session_touch(s);
	if (status == TLSIO_OK)
		return (1);
	if (status == TLSIO_ERROR) {
		session_mute(s);
		return (1);
	}
	s->se_flags &= ~SF_WRITABLE;
	s->se_write_want = status;
	return (done > 0);
}

/* Before login only: there is room, or no memory. */
static void
session_reply(struct session *s, const char *text)
{
	size_t	 len = strlen(text);

	if (buf_open(&s->se_down, BUF_SMALL) < len) {
		session_mute(s);
		return;
	}
	memcpy(buf_end(&s->se_down), text, len);
	buf_added(&s->se_down, len);
}

/* Returns -1 if it has failed. */
static int
session_handshake(struct session *s)
{
	enum tlsio_status	 status;

	if ((s->se_flags & SF_READABLE) == 0)
		return (0);
	status = tlsio_handshake(s->se_tls);
	if (status == TLSIO_OK) {
		s->se_state = SESSION_COMMAND;
		session_reply(s, GREETING);
		return (0);
	}
	if (status == TLSIO_ERROR) {
		/* A bare connection is somebody's check that we are here. */
		if (tlsio_touched(s->se_tls))
			tally_add(&sessions.failed, &s->se_source,
			    tlsio_reason(s->se_tls));
		return (-1);
	}
	s->se_flags &= ~SF_READABLE;
	s->se_read_want = status;
	return (0);
}

/* The lines that are there, as long as there is room for their replies. */
static int
session_execute(struct session *s)
{
	struct credentials	 cr;
	enum authstate_event	 event;
	const char		*reply;
	size_t			 used;
	int			 moved = 0;

	while (s->se_state == SESSION_COMMAND &&
	    buf_open(&s->se_down, BUF_SMALL) >= REPLY_MAX) {
		event = AUTHSTATE_MORE;
		reply = NULL;
		if (s->se_up.bf_len > 0) {
			event = authstate_step(&s->se_auth,
			    buf_start(&s->se_up), s->se_up.bf_len, &used,
			    &reply, &cr);
			buf_used(&s->se_up, used);
		}
		if (reply != NULL)
			session_reply(s, reply);
		if (event == AUTHSTATE_LOGIN)
			login_start(s, &cr);
		if (event == AUTHSTATE_CLOSE)
			s->se_state = SESSION_CLOSING;
		if (event == AUTHSTATE_MORE) {
			/* What has no end yet will never have one. */
			if (s->se_flags & SF_EOF)
				s->se_state = SESSION_CLOSING;
			break;
		}
		moved = 1;
	}
	/* Closed in the middle of what the client was sending? */
	if (s->se_state == SESSION_CLOSING && (s->se_flags & SF_EOF) == 0 &&
	    (s->se_up.bf_len > 0 || s->se_auth.as_bad > 0))
		s->se_flags |= SF_LINGER;
	return (moved);
}

static int
session_commands(struct session *s)
{
	int	 i, moved = 1;

	for (i = 0; i < COMMAND_PIECES && moved; i++) {
		moved = session_fill(s);
		moved |= session_execute(s);
		moved |= session_flush(s);
		/* A PASS that waits is ended where it is known to wait. */
		if ((s->se_flags & SF_MUTE) && s->se_state == SESSION_COMMAND)
			s->se_state = SESSION_CLOSING;
		if (s->se_state != SESSION_COMMAND)
			return (0);
	}
	return (moved);
}

/*
 * PASS waits for its answer.  What comes behind it is kept for whoever
 * answers.  Returns -1 if nobody is left to answer to: an end of input is
 * none if the client said so, or sent something to be done first.
 */
static int
session_wait(struct session *s)
{
	session_fill(s);
	session_flush(s);
	if ((s->se_flags & SF_MUTE) == 0 && ((s->se_flags & SF_EOF) == 0 ||
	    s->se_up.bf_len > 0 || !tlsio_truncated(s->se_tls)))
		return (0);
	s->se_reason = END_CLIENT;
	return (-1);
}

/* Returns -1 when all is said. */
static int
session_close(struct session *s)
{
	enum tlsio_status	 status;

	session_flush(s);
	if ((s->se_flags & SF_MUTE) == 0) {
		if (s->se_down.bf_len > 0 || (s->se_flags & SF_WRITABLE) == 0)
			return (0);
		status = tlsio_close(s->se_tls);
		if (status == TLSIO_WANT_READ || status == TLSIO_WANT_WRITE) {
			s->se_flags &= ~SF_WRITABLE;
			s->se_write_want = status;
			return (0);
		}
	}
	if ((s->se_flags & SF_LINGER) == 0)
		return (-1);

	/*
	 * Closing with input unread makes the system reset the connection,
	 * and the client may lose what we said last.
	 */
	if (shutdown(s->se_client, SHUT_WR) == -1)
		return (-1);
	s->se_state = SESSION_LINGER;
	deadline_set(s, DEADLINE_CLOSE);
	return (0);
}

/* Returns -1 when the client has closed too. */
static int
session_linger(struct session *s)
{
	char	 rest[4096];
	ssize_t	 n = 1;
	int	 i;

	for (i = 0; i < LINGER_PIECES && n > 0; i++)
		n = recv(s->se_client, rest, sizeof(rest), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	return (n > 0 ? 0 : -1);
}

/* One turn of the state that it is in.  Returns -1 at the end of it all. */
static int
session_step(struct session *s, int *more)
{
	if (s->se_state == SESSION_HANDSHAKE && session_handshake(s) == -1)
		return (-1);
	if (s->se_state == SESSION_COMMAND)
		*more = session_commands(s);
	if (s->se_state == SESSION_WAIT && session_wait(s) == -1)
		return (-1);
	if (s->se_state == SESSION_RELAY)
		*more = relay_turn(s);
	if (s->se_state == SESSION_CLOSING)
		return (session_close(s));
	if (s->se_state == SESSION_LINGER)
		return (session_linger(s));
	return (0);
}

void
session_turn(struct session *s)
{
	const struct timeval	 now = { 0, 0 };
	int			 more = 0;

	if (session_step(s, &more) == -1) {
		session_end(s, s->se_reason);
		return;
	}
	buf_settle(&s->se_up);
	buf_settle(&s->se_down);
	session_register(s, session_client_wants(s) | session_stream_wants(s));
	if (!more || (s->se_flags & SF_QUEUED))
		return;
	if (TAILQ_EMPTY(&sessions.again))
		evtimer_add(&sessions.again_timer, &now);
	TAILQ_INSERT_TAIL(&sessions.again, s, se_queued);
	s->se_flags |= SF_QUEUED;
}

/* The others have had their turn. */
static void
session_again(int fd, short what, void *arg)
{
	struct session_queue	 queue = TAILQ_HEAD_INITIALIZER(queue);
	struct session		*s;

	/* Those that queue up now wait for the next time. */
	TAILQ_CONCAT(&queue, &sessions.again, se_queued);
	while ((s = TAILQ_FIRST(&queue)) != NULL) {
		TAILQ_REMOVE(&queue, s, se_queued);
		s->se_flags &= ~SF_QUEUED;
		session_turn(s);
	}
}

void
session_opened(struct session *s, int fd)
{
	s->se_stream = fd;
	s->se_state = SESSION_RELAY;
	event_set(&s->se_stream_in, fd, EV_READ | EV_PERSIST,
	    session_stream_event, s);
	event_set(&s->se_stream_out, fd, EV_WRITE | EV_PERSIST,
	    session_stream_event, s);
	session_uncount(s);
	authstate_clear(&s->se_auth);
	deadline_set(s, DEADLINE_IDLE);
}

void
session_refused(struct session *s, const char *reply)
{
	session_reply(s, reply);
	s->se_state = SESSION_COMMAND;
	if (authstate_refused(&s->se_auth)) {
		s->se_state = SESSION_CLOSING;
		if ((s->se_flags & SF_EOF) == 0)
			s->se_flags |= SF_LINGER;
	}
}

/*
 * Its time is over.  RFC 1939 section 3: the connection is closed without a
 * reply; only a PASS that waits gets the answer that it is owed.
 */
static void
session_expired(struct session *s)
{
	enum end_reason	 reason = s->se_reason;

	switch (s->se_deadline) {
	case DEADLINE_LOGIN:
		reason = END_LOGIN_TIME;
		if (s->se_state == SESSION_HANDSHAKE &&
		    tlsio_touched(s->se_tls))
			tally_add(&sessions.failed, &s->se_source, "too slow");
		if (s->se_state == SESSION_WAIT)
			login_timeout(s);
		break;
	case DEADLINE_IDLE:
		reason = END_IDLE;
		break;
	default:
		break;
	}
	if (s->se_state != SESSION_HANDSHAKE && s->se_state != SESSION_LINGER) {
		session_flush(s);
		if (s->se_down.bf_len == 0 && (s->se_flags & SF_MUTE) == 0)
			tlsio_close(s->se_tls);
	}
	session_end(s, reason);
}
