/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One connection: its states, turns and end.  Octets pass through clientio.c;
 * before login authstate.c executes them, after it relay.c passes them on.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "authhttp.h"
#include "authorize.h"
#include "authreq.h"
#include "capacity.h"
#include "chan.h"
#include "client.h"
#include "clientio.h"
#include "connlog.h"
#include "count.h"
#include "deadline.h"
#include "handshake.h"
#include "limits.h"
#include "log.h"
#include "monotime.h"
#include "nets.h"
#include "proxy.h"
#include "relay.h"
#include "reply.h"
#include "setting.h"
#include "tally.h"
#include "tlsio_server.h"

#define ERR_TIME	"-ERR timed out waiting for a login\r\n"
#define ERR_CHECK	"-ERR [SYS/TEMP] no answer in time, try again later\r\n"
#define ERR_CROWD	"-ERR [SYS/TEMP] too many connections, "	\
			"try again later\r\n"
#define ERR_SOURCE	"-ERR [SYS/TEMP] too many connections from your "\
			"address\r\n"

TAILQ_HEAD(client_queue, client);
LIST_HEAD(client_list, client);

static struct {
	struct client_list	 all;
	int			 ending;	/* exit with the last client */
	int			 stopping;	/* popd stops */
	struct client_queue	 again;		/* for another turn */
	unsigned int		 nagain;
	struct event		 again_timer;
	struct tally		 late, crowd, refused, proxy;
} client = {
	.late = { .ta_what = "login-timeout" },
	.crowd = { .ta_what = "connections-displaced" },
	.refused = { .ta_what = "connections-refused" },
	.proxy = { .ta_what = "proxy-refused" },
};

static const char *const state_names[] = {
	[CLIENT_PROXY] = "before its PROXY header",
	[CLIENT_HANDSHAKE] = "in TLS handshake",
	[CLIENT_STLS] = "starting TLS",
	[CLIENT_COMMAND] = "before login",
	[CLIENT_WAIT] = "waiting for authentication",
	[CLIENT_RELAY] = "in a session",
	[CLIENT_CLOSING] = "closing",
	[CLIENT_LINGER] = "closing",
};


static void
client_end(struct client *cl, enum end_reason reason)
{
	authreq_end(cl, reason);
	if ((cl->cl_flags & (CF_SESSION | CF_TAIL)) == 0)
		connlog_end(cl, reason, client.stopping);
	unauth_remove(&cl->cl_unauth);
	deadline_set(cl, DEADLINE_NONE);
	capacity_leave(cl);
	if (cl->cl_flags & CF_QUEUED) {
		TAILQ_REMOVE(&client.again, cl, cl_queued);
		client.nagain--;
	}
	clientio_close(cl);
	tlsio_server_free(cl->cl_server);
	free(cl->cl_domain);
	authstate_clear(&cl->cl_auth);
	authhttp_free(cl);
	LIST_REMOVE(cl, cl_all);
	free(cl);
	if (client.ending && LIST_EMPTY(&client.all))
		exit(0);
}

/* Send the last reply, and tell the parent. */
static void
client_dismiss(struct client *cl, const char *text, enum end_reason reason)
{
	authreq_end(cl, reason);
	if (cl->cl_http != NULL)
		authhttp_say(cl, text);
	else
		clientio_say(cl, text);
	cl->cl_state = CLIENT_CLOSING;
	cl->cl_reason = reason;
	if ((cl->cl_flags & CF_EOF) == 0)
		cl->cl_flags |= CF_LINGER;
	deadline_set(cl, DEADLINE_CLOSE);
}

/* Make room at once: what the socket does not take now is lost. */
static void
client_displace(struct client *cl, const char *text)
{
	count_add(COUNT_LOST_CROWD, 1);
	if (cl->cl_state == CLIENT_COMMAND || cl->cl_state == CLIENT_WAIT) {
		client_dismiss(cl, text, END_REFUSED);
		clientio_flush(cl);
		if ((cl->cl_flags & (CF_MUTE | CF_WRITABLE)) == CF_WRITABLE)
			clientio_finish(cl);
		clientio_send(cl);
	}
	client_end(cl, END_REFUSED);
}

/*
 * Keep the connections without a login within their limit.  Each has one
 * descriptor, a tail has two.
 */
static void
client_crowd(void)
{
	struct client	*cl;

	while (unauth_count() + capacity_tails() > capacity_unauth()) {
		cl = unauth_first(capacity_unauth());
		tally_add(&client.crowd, &cl->cl_source,
		    state_names[cl->cl_state]);
		client_displace(cl, ERR_CROWD);
	}
}

/* Count a connection without a login by source.  Return -1: no memory. */
static int
client_count(struct client *cl, int trusted)
{
	return (unauth_add(&cl->cl_unauth, &cl->cl_source, trusted, cl));
}

/*
 * Apply the administrator's limit of connections per source.  The one to end
 * is chosen as in client_crowd(): always ending the newest would let one
 * attacker lock out all who share their address.  Return 1 if cl must go.
 */
static int
client_source(struct client *cl)
{
	unsigned int	 max = setting(SETTING_CONNECTIONS_SOURCE);
	struct client	*first;

	if (max == 0 || nets_trust(&cl->cl_source))
		return (0);
	while (unauth_source(&cl->cl_unauth) > max) {
		tally_add(&client.refused, &cl->cl_source,
		    "too many from one address");
		if ((first = unauth_first_of(&cl->cl_unauth)) == cl) {
			cl->cl_reason = END_REFUSED;
			return (1);
		}
		client_displace(first, ERR_SOURCE);
	}
	return (0);
}

/* Start to read commands. */
static void
client_greet(struct client *cl, int greeting)
{
	cl->cl_state = CLIENT_COMMAND;
	deadline_set(cl, DEADLINE_LOGIN);
	if (greeting)
		clientio_say(cl, authstate_greeting(&cl->cl_auth));
}

/* The source is known: start to serve it.  Return -1: no memory. */
static int
client_start(struct client *cl)
{
	if (cl->cl_listen & LISTEN_TLS)
		return (clientio_secure(cl, cl->cl_server));
	if (cl->cl_listen & LISTEN_HTTP) {
		client_greet(cl, 0);
		return (authhttp_open(cl));
	}
	client_greet(cl, 1);
	clientio_flush(cl);
	return (0);
}

static struct client *
client_create(const struct accept_socket *acs, int fd,
    const struct source *source)
{
	struct client	*cl;

	if ((cl = calloc(1, sizeof(*cl))) == NULL)
		return (NULL);
	if (acs->acs_domain[0] != '\0' &&
	    (cl->cl_domain = strdup(acs->acs_domain)) == NULL) {
		free(cl);
		return (NULL);
	}
	count_add(COUNT_CONNECTIONS, 1);
	cl->cl_source = *source;
	/* A proxy is trusted to name its client soon. */
	if (client_count(cl, nets_trust(source) || (acs->acs_flags &
	    (LISTEN_PROXY | LISTEN_HTTP)) != 0) == -1) {
		free(cl->cl_domain);
		free(cl);
		return (NULL);
	}
	clientio_open(cl, fd);
	cl->cl_listen = acs->acs_flags;
	cl->cl_local = acs->acs_local;
	if (acs->acs_server != NULL)
		cl->cl_server = tlsio_server_hold(acs->acs_server);
	if ((acs->acs_flags & LISTEN_STLS) && acs->acs_server != NULL)
		cl->cl_auth.as_flags |= AUTHSTATE_OFFER;
	if (acs->acs_flags & LISTEN_CLEAR)
		cl->cl_auth.as_flags |= AUTHSTATE_CLEAR;
	cl->cl_reason = END_CLIENT;
	cl->cl_came = monotime_ms();
	LIST_INSERT_HEAD(&client.all, cl, cl_all);
	return (cl);
}

int
client_new(const struct accept_socket *acs, int fd, const struct source *source)
{
	struct client	*cl;

	if ((cl = client_create(acs, fd, source)) == NULL) {
		close(fd);
		return (-1);
	}
	deadline_set(cl, DEADLINE_HANDSHAKE);
	cl->cl_state = CLIENT_PROXY;
	if ((cl->cl_listen & LISTEN_PROXY) == 0) {
		if ((cl->cl_listen & LISTEN_HTTP) == 0 && client_source(cl)) {
			client_end(cl, END_REFUSED);
			return (0);
		}
		if (client_start(cl) == -1) {
			client_end(cl, END_ERROR);
			return (-1);
		}
	}
	clientio_register(cl);
	client_crowd();
	return (0);
}

void
client_unknown_proxy(const struct source *source)
{
	tally_add(&client.proxy, source, "unknown proxy");
}

/*
 * A proxy named the client's source: count it as that.  Return 0; 1 if it must
 * go because there are too many of that source; -1: no memory.
 */
static int
client_proxied(struct client *cl, const struct source *source)
{
	cl->cl_source = *source;
	unauth_remove(&cl->cl_unauth);
	if (client_count(cl, nets_trust(source)) == -1)
		return (-1);
	return (client_source(cl));
}

/*
 * Read the PROXY header; from then on the connection counts for the source it
 * names.  Return -1 if it failed.
 */
static int
client_proxy(struct client *cl)
{
	struct source	 source;
	const char	*why = NULL;

	switch (proxy_read(cl, &source, &why)) {
	case PROXY_MORE:
		return (0);
	case PROXY_DONE:
		break;
	default:
		if (why != NULL)
			tally_add(&client.proxy, &cl->cl_source, why);
		return (-1);
	}
	if (source.so_version == 0)
		source = cl->cl_source;
	if (client_proxied(cl, &source) != 0)
		return (-1);
	return (client_start(cl));
}

/* Return -1 if it failed. */
static int
client_handshake(struct client *cl, int *more)
{
	switch (handshake_step(cl, more)) {
	case 0:
		return (0);
	case 1:
		authstate_secure(&cl->cl_auth);
		client_greet(cl, cl->cl_listen & LISTEN_TLS);
		return (0);
	default:
		return (-1);
	}
}

/* Return -1 when everything has been sent. */
static int
client_close(struct client *cl)
{
	unauth_rank(&cl->cl_unauth, UNAUTH_SILENT);
	clientio_send(cl);
	clientio_flush(cl);
	if ((cl->cl_flags & CF_MUTE) == 0 && !clientio_notify(cl))
		return (0);
	if ((cl->cl_flags & CF_LINGER) == 0)
		return (-1);

	/*
	 * Closing a socket with unread input makes the system reset the
	 * connection, and the client may lose the last reply.
	 */
	if (shutdown(cl->cl_socket, SHUT_WR) == -1)
		return (-1);
	cl->cl_state = CLIENT_LINGER;
	deadline_set(cl, DEADLINE_CLOSE);
	return (0);
}

/* Run the current state.  Return -1 when the connection is done. */
static int
client_step(struct client *cl, int *more)
{
	if (cl->cl_state == CLIENT_PROXY && client_proxy(cl) == -1)
		return (-1);
	if (cl->cl_state == CLIENT_HANDSHAKE &&
	    client_handshake(cl, more) == -1)
		return (-1);
	if (cl->cl_state == CLIENT_COMMAND) {
		unauth_rank(&cl->cl_unauth, UNAUTH_IDLE);
		*more = cl->cl_http != NULL ? authhttp_turn(cl) :
		    authorize_turn(cl);
	}
	if (cl->cl_state == CLIENT_STLS && authorize_secure(cl) == -1)
		return (-1);
	if (cl->cl_state == CLIENT_WAIT) {
		unauth_rank(&cl->cl_unauth, UNAUTH_WAITING);
		if (authorize_wait(cl, more) == -1)
			return (-1);
	}
	if (cl->cl_state == CLIENT_RELAY)
		*more = relay_turn(cl);
	if (cl->cl_state == CLIENT_CLOSING && client_close(cl) == -1)
		return (-1);
	if (cl->cl_state == CLIENT_LINGER)
		return (clientio_linger(cl));
	return (0);
}

/* Queue another turn, after those of the others. */
static void
client_queue(struct client *cl)
{
	const struct timeval	 now = { 0, 0 };

	if (cl->cl_flags & CF_QUEUED)
		return;
	if (!evtimer_pending(&client.again_timer, NULL))
		evtimer_add(&client.again_timer, &now);
	client.nagain++;
	TAILQ_INSERT_TAIL(&client.again, cl, cl_queued);
	cl->cl_flags |= CF_QUEUED;
}

/* Do all that can be done without waiting; may free the client. */
static void
client_turn(struct client *cl)
{
	int	 more = 0;

	clientio_begin(cl);
	clientio_send(cl);
	if (client_step(cl, &more) == -1) {
		client_end(cl, cl->cl_reason);
		return;
	}
	/* Let the state handle an error that only showed now. */
	clientio_send(cl);
	more |= cl->cl_state != CLIENT_LINGER &&
	    (cl->cl_flags & (CF_MUTE | CF_STREAM_MUTE)) == CF_MUTE;
	buf_settle(&cl->cl_up);
	buf_settle(&cl->cl_down);
	clientio_register(cl);
	if (more)
		client_queue(cl);
	if (cl->cl_unauth.ua_ready)
		handshake_wake();
}

/* Run the turns that were queued. */
static void
client_again(int fd, short what, void *arg)
{
	struct client	*cl;
	unsigned int	 n;

	/* Turns queued meanwhile wait for the next time. */
	for (n = client.nagain; n > 0; n--) {
		if ((cl = TAILQ_FIRST(&client.again)) == NULL)
			break;
		TAILQ_REMOVE(&client.again, cl, cl_queued);
		client.nagain--;
		cl->cl_flags &= ~CF_QUEUED;
		client_turn(cl);
	}
}

/*
 * A client that is slow to read what its worker sent before it ended.  A user
 * may have any number of these, as they no longer count as sessions: so they
 * share the limit of those without a login, and the oldest of a source is
 * displaced first.
 */
static void
client_tail(struct client *cl)
{
	cl->cl_id.si_num = 0;
	capacity_tail(cl);
	if (client_count(cl, nets_trust(&cl->cl_source)) == -1) {
		client_end(cl, END_ERROR);
		return;
	}
	client_crowd();
}

/* Return the client of a session, or NULL. */
static struct client *
client_find(const struct session_id *id)
{
	struct client	*cl;

	LIST_FOREACH(cl, &client.all, cl_all)
		if ((cl->cl_flags & CF_SESSION) &&
		    cl->cl_id.si_num == id->si_num &&
		    cl->cl_id.si_gen == id->si_gen)
			break;
	return (cl);
}

/* The client's END may have crossed this. */
struct verdict
client_over(void *arg, const void *data, int fd)
{
	struct client	*cl;

	if ((cl = client_find(data)) != NULL)
		client_tail(cl);
	return (TAKEN);
}

struct verdict
client_kick(void *arg, const void *data, int fd)
{
	struct client	*cl;

	if ((cl = client_find(data)) == NULL)
		return (TAKEN);
	if (cl->cl_flags & CF_EOF)
		client_end(cl, END_CLIENT);
	else {
		cl->cl_flags |= CF_EOF;
		client_turn(cl);
	}
	return (TAKEN);
}

/* RFC 1939 section 3: an idle session is closed without a reply. */
static void
client_idle(struct client *cl)
{
	clientio_send(cl);
	clientio_flush(cl);
	if (cl->cl_down.bf_len == 0 && (cl->cl_flags & CF_MUTE) == 0)
		clientio_finish(cl);
	clientio_send(cl);
	client_end(cl, END_IDLE);
}

/* A deadline has passed. */
static void
client_expired(struct client *cl)
{
	switch (cl->cl_deadline) {
	case DEADLINE_HANDSHAKE:
		handshake_expired(cl);
		if (cl->cl_state == CLIENT_PROXY && cl->cl_up.bf_len > 0)
			tally_add(&client.proxy, &cl->cl_source,
			    "too slow");
		client_end(cl, END_LOGIN_TIME);
		break;
	case DEADLINE_LOGIN:
		count_add(COUNT_LOST_TIME, 1);
		tally_add(&client.late, &cl->cl_source,
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
	case DEADLINE_LEFT:
		client_end(cl, END_STUCK);
		break;
	default:
		client_end(cl, cl->cl_reason);
	}
}

static const struct authhttp_hooks	 client_hooks = {
	.hk_proxied = client_proxied,
	.hk_login = authreq_start
};

void
client_init(void)
{
	LIST_INIT(&client.all);
	TAILQ_INIT(&client.again);
	evtimer_set(&client.again_timer, client_again, NULL);
	unauth_init();
	clientio_init(client_turn);
	handshake_init(client_turn);
	authreq_init(client_turn);
	authhttp_hook(&client_hooks);
	deadline_init(client_expired);
}

void
client_drain(void)
{
	client.ending = 1;
	if (LIST_EMPTY(&client.all))
		exit(0);
}

void
client_stop(void)
{
	struct client	*cl, *next;

	client.ending = client.stopping = 1;
	LIST_FOREACH_SAFE(cl, &client.all, cl_all, next) {
		if (cl->cl_state == CLIENT_PROXY ||
		    cl->cl_state == CLIENT_HANDSHAKE ||
		    cl->cl_state == CLIENT_STLS)
			client_end(cl, END_ERROR);
		else if (cl->cl_state == CLIENT_COMMAND ||
		    cl->cl_state == CLIENT_WAIT) {
			client_dismiss(cl, REPLY_STOPPING, END_REFUSED);
			client_turn(cl);
		} else if (cl->cl_state == CLIENT_RELAY) {
			/* Its worker notices, and sends the last reply. */
			cl->cl_flags |= CF_EOF;
			client_turn(cl);
		}
	}
	if (LIST_EMPTY(&client.all))
		exit(0);
}
