/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One connection: its states, its turns, its end.  Octets come in and go out
 * through clientio.c; before login authstate.c executes them, after it relay.c
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

#include "client.h"
#include "clientio.h"
#include "count.h"
#include "deadline.h"
#include "keysign.h"
#include "limits.h"
#include "log.h"
#include "login.h"
#include "relay.h"
#include "reply.h"
#include "tally.h"

#define GREETING	"+OK POP3 ready\r\n"
#define ERR_TIME	"-ERR timed out waiting for a login\r\n"
#define ERR_CHECK	"-ERR [SYS/TEMP] no answer in time, try again later\r\n"
#define ERR_CROWD	"-ERR [SYS/TEMP] too many connections, "	\
			"try again later\r\n"

#define REPLY_MAX	512		/* RFC 2449 section 4, and CAPA's */
#define LINGER_PIECES	16

TAILQ_HEAD(client_queue, client);
LIST_HEAD(client_list, client);

static struct {
	struct client_list	 ct_all;
	int			 ct_stopping;	/* the last one ends us */
	struct client_queue	 ct_again;	/* for another turn */
	unsigned int		 ct_nagain;
	struct event		 ct_again_timer;
	int64_t			 ct_signed;	/* ms, the last signature */
	struct event		 ct_sign_timer;
	unsigned int		 ct_sessions;	/* with a login */
	unsigned int		 ct_sessions_max;
	unsigned int		 ct_unauth_max;
	unsigned int		 ct_tails;
	struct tally		 ct_failed, ct_late, ct_crowd;
} client = {
	.ct_failed = { .ta_what = "tls-failed" },
	.ct_late = { .ta_what = "login-timeout" },
	.ct_crowd = { .ta_what = "connections-displaced" },
};

static const char *const state_names[] = {
	[CLIENT_HANDSHAKE] = "in its handshake",
	[CLIENT_COMMAND] = "before login",
	[CLIENT_WAIT] = "waiting for its password to be checked",
	[CLIENT_RELAY] = "in a session",
	[CLIENT_CLOSING] = "being closed",
	[CLIENT_LINGER] = "being closed",
};

static void	 client_again(int, short, void *);
static void	 client_sign(int, short, void *);
static void	 client_expired(struct client *);

void
client_init(void)
{
	LIST_INIT(&client.ct_all);
	TAILQ_INIT(&client.ct_again);
	evtimer_set(&client.ct_again_timer, client_again, NULL);
	evtimer_set(&client.ct_sign_timer, client_sign, NULL);
	unauth_init();
	clientio_init(client_turn);
	deadline_init(client_expired);
}

void
client_limit(unsigned int max)
{
	unsigned int	 unauth = max / UNAUTH_PART;

	if (unauth < UNAUTH_MIN)
		unauth = max / 2 < UNAUTH_MIN ? max / 2 : UNAUTH_MIN;
	client.ct_unauth_max = unauth;
	client.ct_sessions_max = max - unauth;
}

int
client_room(void)
{
	return (client.ct_sessions < client.ct_sessions_max);
}

static void
client_end(struct client *cl, enum end_reason reason)
{
	login_end(cl, reason);
	unauth_remove(&cl->cl_unauth);
	deadline_set(cl, DEADLINE_NONE);
	if (cl->cl_flags & CF_SESSION)
		client.ct_sessions--;
	if (cl->cl_flags & CF_TAIL)
		client.ct_tails--;
	if (cl->cl_flags & CF_QUEUED) {
		TAILQ_REMOVE(&client.ct_again, cl, cl_queued);
		client.ct_nagain--;
	}
	clientio_close(cl);
	authstate_clear(&cl->cl_auth);
	LIST_REMOVE(cl, cl_all);
	free(cl);
	if (client.ct_stopping && LIST_EMPTY(&client.ct_all))
		exit(0);
}

/* Its last words, and what is to be said to the parent. */
static void
client_dismiss(struct client *cl, const char *text, enum end_reason reason)
{
	login_end(cl, reason);
	clientio_say(cl, text);
	cl->cl_state = CLIENT_CLOSING;
	cl->cl_reason = reason;
	if ((cl->cl_flags & CF_EOF) == 0)
		cl->cl_flags |= CF_LINGER;
	deadline_set(cl, DEADLINE_CLOSE);
}

/* Give way at once: what the socket does not take now is lost. */
static void
client_displace(struct client *cl)
{
	count_add(COUNT_LOST_CROWD, 1);
	tally_add(&client.ct_crowd, &cl->cl_source, state_names[cl->cl_state]);
	if (cl->cl_state == CLIENT_COMMAND || cl->cl_state == CLIENT_WAIT) {
		client_dismiss(cl, ERR_CROWD, END_REFUSED);
		clientio_flush(cl);
		if ((cl->cl_flags & (CF_MUTE | CF_WRITABLE)) == CF_WRITABLE)
			tlsio_close(cl->cl_tls);
		clientio_send(cl);
	}
	client_end(cl, END_REFUSED);
}

/*
 * There are no more without a login than there is room for: each has one
 * descriptor, a tail two.
 */
static void
client_crowd(void)
{
	while (unauth_count() + client.ct_tails > client.ct_unauth_max)
		client_displace(unauth_first());
}

int
client_new(struct tlsio_server *server, int fd, const struct source *source)
{
	struct client	*cl;

	if ((cl = calloc(1, sizeof(*cl))) == NULL)
		return (-1);
	count_add(COUNT_CONNECTIONS, 1);
	if (unauth_add(&cl->cl_unauth, source, cl) == -1) {
		free(cl);
		return (-1);
	}
	if (clientio_open(cl, server, fd) == -1) {
		unauth_remove(&cl->cl_unauth);
		free(cl);
		return (-1);
	}
	cl->cl_source = *source;
	cl->cl_reason = END_CLIENT;
	LIST_INSERT_HEAD(&client.ct_all, cl, cl_all);
	deadline_set(cl, DEADLINE_HANDSHAKE);
	clientio_register(cl);
	client_crowd();
	return (0);
}

static int64_t
client_clock(void)
{
	struct timespec	 now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		fatal("clock_gettime");
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* Returns -1 if it has failed. */
static int
client_handshake(struct client *cl, int *more)
{
	uint64_t		 signatures = keysign_count();
	enum tlsio_status	 status;

	if (cl->cl_flags & CF_MUTE)
		return (-1);
	if ((cl->cl_flags & CF_READABLE) == 0)
		return (0);
	if ((cl->cl_flags & (CF_CHOSEN | CF_SIGNED)) == 0 &&
	    (evtimer_pending(&client.ct_sign_timer, NULL) ||
	    client_clock() - client.ct_signed < SIGN_PAUSE_MS)) {
		unauth_ready(&cl->cl_unauth);
		return (0);
	}
	cl->cl_flags &= ~CF_CHOSEN;
	status = tlsio_handshake(cl->cl_tls);
	if (keysign_count() != signatures) {
		cl->cl_flags |= CF_SIGNED;
		client.ct_signed = client_clock();
	}
	switch (status) {
	case TLSIO_OK:
		cl->cl_state = CLIENT_COMMAND;
		deadline_set(cl, DEADLINE_LOGIN);
		clientio_say(cl, GREETING);
		return (0);
	case TLSIO_ERROR:
		count_add(COUNT_LOST_TLS, 1);
		/* A bare connection is somebody's check that we are here. */
		if (tlsio_touched(cl->cl_tls))
			tally_add(&client.ct_failed, &cl->cl_source,
			    tlsio_reason(cl->cl_tls));
		/* Its alert says why. */
		clientio_send(cl);
		return (-1);
	case TLSIO_AGAIN:
		*more = 1;
		return (0);
	default:
		cl->cl_flags &= ~CF_READABLE;
		cl->cl_read_want = status;
		return (0);
	}
}

/* The lines that are there, as long as there is room for their replies. */
static int
client_execute(struct client *cl)
{
	struct credentials	 cr;
	enum authstate_event	 event;
	const char		*reply;
	size_t			 used;
	int			 moved = 0;

	while (cl->cl_state == CLIENT_COMMAND &&
	    buf_open(&cl->cl_down, BUF_SMALL) >= REPLY_MAX) {
		event = AUTHSTATE_MORE;
		reply = NULL;
		if (cl->cl_up.bf_len > 0) {
			event = authstate_step(&cl->cl_auth,
			    buf_start(&cl->cl_up), cl->cl_up.bf_len, &used,
			    &reply, &cr);
			buf_used(&cl->cl_up, used);
		}
		if (reply != NULL)
			clientio_say(cl, reply);
		if (event == AUTHSTATE_LOGIN)
			login_start(cl, &cr);
		if (event == AUTHSTATE_CLOSE)
			cl->cl_state = CLIENT_CLOSING;
		if (event == AUTHSTATE_MORE) {
			/* A line without an end at the end never has one. */
			if (cl->cl_flags & CF_EOF)
				cl->cl_state = CLIENT_CLOSING;
			break;
		}
		moved = 1;
	}
	/* Closed in the middle of what the client was sending? */
	if (cl->cl_state == CLIENT_CLOSING && (cl->cl_flags & CF_EOF) == 0 &&
	    (cl->cl_up.bf_len > 0 || cl->cl_auth.as_bad > 0))
		cl->cl_flags |= CF_LINGER;
	return (moved);
}

static int
client_commands(struct client *cl)
{
	int	 i, moved = 1;

	for (i = 0; i < TURN_PIECES && moved; i++) {
		moved = clientio_fill(cl);
		moved |= client_execute(cl);
		moved |= clientio_flush(cl);
		/* A PASS that waits is ended where it is known to wait. */
		if ((cl->cl_flags & CF_MUTE) && cl->cl_state == CLIENT_COMMAND)
			cl->cl_state = CLIENT_CLOSING;
		if (cl->cl_state != CLIENT_COMMAND)
			return (0);
	}
	return (moved);
}

/*
 * PASS waits for its answer.  What comes after it is kept for whoever
 * answers.  Returns -1 if nobody is left to answer to: an end of input is
 * none if the client said so, or sent something to be done first.
 */
static int
client_wait(struct client *cl, int *more)
{
	*more = clientio_fill(cl);
	*more |= clientio_flush(cl);
	if ((cl->cl_flags & CF_MUTE) == 0 && ((cl->cl_flags & CF_EOF) == 0 ||
	    cl->cl_up.bf_len > 0 || !tlsio_truncated(cl->cl_tls)))
		return (0);
	cl->cl_reason = END_CLIENT;
	return (-1);
}

/* Say the end of TLS after all else.  1: all has left; 0: not yet. */
static int
client_notify(struct client *cl)
{
	enum tlsio_status	 status;

	if (cl->cl_down.bf_len > 0 || (cl->cl_flags & CF_WRITABLE) == 0)
		return (0);
	if ((cl->cl_flags & CF_NOTIFIED) == 0) {
		status = tlsio_close(cl->cl_tls);
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

/* Returns -1 when all is said. */
static int
client_close(struct client *cl)
{
	unauth_rank(&cl->cl_unauth, UNAUTH_SILENT);
	clientio_send(cl);
	clientio_flush(cl);
	if ((cl->cl_flags & CF_MUTE) == 0 && !client_notify(cl))
		return (0);
	if ((cl->cl_flags & CF_LINGER) == 0)
		return (-1);

	/*
	 * Closing with input unread makes the system reset the connection,
	 * and the client may lose what we said last.
	 */
	if (shutdown(cl->cl_socket, SHUT_WR) == -1)
		return (-1);
	cl->cl_state = CLIENT_LINGER;
	deadline_set(cl, DEADLINE_CLOSE);
	return (0);
}

/* Returns -1 when the client has closed too. */
static int
client_linger(struct client *cl)
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

/* What the state that it is in has to do.  Returns -1 at the end of it all. */
static int
client_step(struct client *cl, int *more)
{
	if (cl->cl_state == CLIENT_HANDSHAKE &&
	    client_handshake(cl, more) == -1)
		return (-1);
	if (cl->cl_state == CLIENT_COMMAND) {
		unauth_rank(&cl->cl_unauth, UNAUTH_IDLE);
		*more = client_commands(cl);
	}
	if (cl->cl_state == CLIENT_WAIT) {
		unauth_rank(&cl->cl_unauth, UNAUTH_WAITING);
		if (client_wait(cl, more) == -1)
			return (-1);
	}
	if (cl->cl_state == CLIENT_RELAY)
		*more = relay_turn(cl);
	if (cl->cl_state == CLIENT_CLOSING && client_close(cl) == -1)
		return (-1);
	if (cl->cl_state == CLIENT_LINGER)
		return (client_linger(cl));
	return (0);
}

/* Give it another turn after the others have had theirs. */
static void
client_queue(struct client *cl)
{
	const struct timeval	 now = { 0, 0 };

	if (cl->cl_flags & CF_QUEUED)
		return;
	if (!evtimer_pending(&client.ct_again_timer, NULL))
		evtimer_add(&client.ct_again_timer, &now);
	client.ct_nagain++;
	TAILQ_INSERT_TAIL(&client.ct_again, cl, cl_queued);
	cl->cl_flags |= CF_QUEUED;
}

/* Without this one it would hang until its time is over. */
static void
client_forgotten(struct client *cl)
{
	log_warnx("nobody wakes a connection %s, flags %x, events %x: closed",
	    state_names[cl->cl_state], cl->cl_flags, cl->cl_events);
#ifdef DEBUG
	abort();
#endif
	client_end(cl, END_ERROR);
}

void
client_turn(struct client *cl)
{
	const struct timeval	 now = { 0, 0 };
	int			 more = 0;

	tlsio_begin(cl->cl_tls);
	clientio_send(cl);
	if (client_step(cl, &more) == -1) {
		client_end(cl, cl->cl_reason);
		return;
	}
	/* What went wrong only now its state has to know. */
	clientio_send(cl);
	more |= cl->cl_state != CLIENT_LINGER &&
	    (cl->cl_flags & (CF_MUTE | CF_HUSHED)) == CF_MUTE;
	buf_settle(&cl->cl_up);
	buf_settle(&cl->cl_down);
	clientio_register(cl);
	if (more)
		client_queue(cl);
	if (cl->cl_unauth.ua_ready &&
	    !evtimer_pending(&client.ct_sign_timer, NULL))
		evtimer_add(&client.ct_sign_timer, &now);
	if (clientio_waker(cl) == WAKER_NONE)
		client_forgotten(cl);
}

/* The others have had their turn. */
static void
client_again(int fd, short what, void *arg)
{
	struct client	*cl;
	unsigned int	 n;

	/* Those that queue up now wait for the next time. */
	for (n = client.ct_nagain; n > 0; n--) {
		if ((cl = TAILQ_FIRST(&client.ct_again)) == NULL)
			break;
		TAILQ_REMOVE(&client.ct_again, cl, cl_queued);
		client.ct_nagain--;
		cl->cl_flags &= ~CF_QUEUED;
		client_turn(cl);
	}
}

/* One signature, of the source whose turn it is. */
static void
client_sign(int fd, short what, void *arg)
{
	const struct timeval	 now = { 0, 0 };
	uint64_t		 signatures = keysign_count();
	struct client		*cl;
	int			 i;

	for (i = 0; i < TURN_HANDSHAKES && keysign_count() == signatures; i++) {
		if ((cl = unauth_next()) == NULL)
			return;
		cl->cl_flags |= CF_CHOSEN;
		client_turn(cl);
	}
	/* In vain if that was the last. */
	evtimer_add(&client.ct_sign_timer, &now);
}

void
client_opened(struct client *cl, int fd)
{
	clientio_stream(cl, fd);
	cl->cl_state = CLIENT_RELAY;
	cl->cl_flags |= CF_SESSION;
	client.ct_sessions++;
	unauth_remove(&cl->cl_unauth);
	authstate_clear(&cl->cl_auth);
	deadline_set(cl, DEADLINE_IDLE);
}

void
client_refused(struct client *cl, const char *reply)
{
	clientio_say(cl, reply);
	cl->cl_state = CLIENT_COMMAND;
	if (authstate_refused(&cl->cl_auth)) {
		cl->cl_state = CLIENT_CLOSING;
		if ((cl->cl_flags & CF_EOF) == 0)
			cl->cl_flags |= CF_LINGER;
	}
}

/*
 * A client that is slow to take what its worker said before it ended.  A user
 * may have any number of these, as they are no sessions of his any more: so
 * they share the room of those without a login, and the oldest of a source
 * gives way to whoever comes from there.
 */
static void
client_tail(struct client *cl)
{
	cl->cl_id.si_num = 0;
	cl->cl_flags ^= CF_SESSION | CF_TAIL;
	client.ct_sessions--;
	client.ct_tails++;
	if (unauth_add(&cl->cl_unauth, &cl->cl_source, cl) == -1) {
		client_end(cl, END_ERROR);
		return;
	}
	client_crowd();
}

void
client_over(const struct session_id *id)
{
	struct client	*cl;

	LIST_FOREACH(cl, &client.ct_all, cl_all)
		if ((cl->cl_flags & CF_SESSION) &&
		    cl->cl_id.si_num == id->si_num &&
		    cl->cl_id.si_gen == id->si_gen)
			break;
	if (cl != NULL)
		client_tail(cl);
}

/* RFC 1939 section 3: a session that is idle too long gets no reply. */
static void
client_idle(struct client *cl)
{
	clientio_send(cl);
	clientio_flush(cl);
	if (cl->cl_down.bf_len == 0 && (cl->cl_flags & CF_MUTE) == 0)
		tlsio_close(cl->cl_tls);
	clientio_send(cl);
	client_end(cl, END_IDLE);
}

/* Its time is over. */
static void
client_expired(struct client *cl)
{
	switch (cl->cl_deadline) {
	case DEADLINE_HANDSHAKE:
		count_add(COUNT_LOST_TLS, 1);
		if (tlsio_touched(cl->cl_tls))
			tally_add(&client.ct_failed, &cl->cl_source,
			    "too slow");
		client_end(cl, END_LOGIN_TIME);
		break;
	case DEADLINE_LOGIN:
		count_add(COUNT_LOST_TIME, 1);
		tally_add(&client.ct_late, &cl->cl_source,
		    state_names[cl->cl_state]);
		if (cl->cl_state == CLIENT_CLOSING) {
			client_end(cl, END_LOGIN_TIME);
			break;
		}
		client_dismiss(cl, cl->cl_state == CLIENT_WAIT ? ERR_CHECK :
		    ERR_TIME, END_LOGIN_TIME);
		client_turn(cl);
		break;
	case DEADLINE_IDLE:
		client_idle(cl);
		break;
	default:
		client_end(cl, cl->cl_reason);
	}
}

void
client_stop(void)
{
	struct client	*cl, *next;

	client.ct_stopping = 1;
	LIST_FOREACH_SAFE(cl, &client.ct_all, cl_all, next) {
		if (cl->cl_state == CLIENT_HANDSHAKE)
			client_end(cl, END_ERROR);
		else if (cl->cl_state == CLIENT_COMMAND ||
		    cl->cl_state == CLIENT_WAIT) {
			client_dismiss(cl, REPLY_STOPPING, END_REFUSED);
			client_turn(cl);
		} else if (cl->cl_state == CLIENT_RELAY) {
			/* Its worker knows, and has the last word. */
			cl->cl_flags |= CF_EOF;
			client_turn(cl);
		}
	}
	if (LIST_EMPTY(&client.ct_all))
		exit(0);
}
