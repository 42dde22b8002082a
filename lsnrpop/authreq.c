/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Logins.  In: a client's PASS.  Out: WANT to the parent and CHECK to authpop;
 * only the parent answers.  An answer may cross our END on the way; it is
 * ignored.  While one of the two channels is full, clients wait.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authhttp.h"
#include "authreq.h"
#include "bond.h"
#include "capacity.h"
#include "chan.h"
#include "client.h"
#include "clientio.h"
#include "count.h"
#include "log.h"
#include "peerloss.h"
#include "proc.h"
#include "relay.h"
#include "reply.h"
#include "sasl.h"
#include "stamp.h"
#include "table.h"
#include "tally.h"

#define ERR_AUTH	"-ERR [AUTH] wrong user name or password\r\n"
#define ERR_DELAY	"-ERR [LOGIN-DELAY] too soon after another login\r\n"
#define ERR_PERM	"-ERR [SYS/PERM] no mailbox here, ask postmaster\r\n"
#define ERR_IN_USE	"-ERR [IN-USE] too many sessions of this user\r\n"
#define ERR_LOCKED	"-ERR [SYS/PERM] account is locked, ask postmaster\r\n"
#define ERR_FULL	"-ERR [SYS/TEMP] too many sessions, try again later\r\n"

#define BUCKETS		256

LIST_HEAD(authreq_bucket, client);

/* A login that waits for a channel. */
struct authreq_held {
	TAILQ_ENTRY(authreq_held) hld_entry;
	struct client		*hld_client;
	struct credentials	 hld_login;
	uint8_t			 hld_salt[BOND_SALT];
};

static const char *const refusals[REFUSE_REASONS] = {
	[REFUSE_AUTH] = ERR_AUTH,
	[REFUSE_DELAY] = ERR_DELAY,
	[REFUSE_TEMP] = REPLY_TEMP,
	[REFUSE_PERM] = ERR_PERM,
	[REFUSE_IN_USE] = ERR_IN_USE,
	[REFUSE_LOCKED] = ERR_LOCKED,
};

static struct {
	void			(*turn)(struct client *);
	struct chan		*authpop;	/* NULL: not connected */
	struct session_id	 last;
	struct authreq_bucket	 waiting[BUCKETS];
	TAILQ_HEAD(, authreq_held) held;
	struct tally		 refused;
} authreq = {
	.refused = { .ta_what = "logins-refused" },
};

static struct verdict	 authreq_ticket(void *, const void *, int);
static struct verdict	 authreq_epoch(void *, const void *, int);

static void	 authreq_run(void *);

/* All that authpop may send; only the parent decides on logins. */
static const struct chan_rule authpop_rules[] = {
	{ MSG_AUTH_TICKET,	authreq_ticket },
	{ MSG_AUTH_EPOCH,	authreq_epoch },
	{ 0,			NULL }
};

static struct authreq_bucket *
authreq_bucket(const struct session_id *id)
{
	return (&authreq.waiting[id->si_num % BUCKETS]);
}

static struct client *
authreq_find(const struct session_id *id)
{
	struct client	*cl;

	LIST_FOREACH(cl, authreq_bucket(id), cl_waiting)
		if (cl->cl_id.si_num == id->si_num &&
		    cl->cl_id.si_gen == id->si_gen)
			return (cl);
	return (NULL);
}

static void
authreq_send_end(struct client *cl, enum end_reason reason)
{
	struct msg_end	 end;

	if (cl->cl_id.si_num == 0)
		return;
	memset(&end, 0, sizeof(end));
	end.me_id = cl->cl_id;
	end.me_reason = reason;
	proc_send(MSG_SESSION_END, &end, -1);
	cl->cl_id.si_num = 0;
}

/* Answer PASS, and close if too many logins were refused, for any reason. */
static void
authreq_deny(struct client *cl, const char *reply)
{
	if (cl->cl_http != NULL) {
		authhttp_refused(cl, reply);
		return;
	}
	clientio_say(cl, reply);
	cl->cl_state = CLIENT_COMMAND;
	if (authstate_refused(&cl->cl_auth)) {
		cl->cl_state = CLIENT_CLOSING;
		if ((cl->cl_flags & CF_EOF) == 0)
			cl->cl_flags |= CF_LINGER;
	}
}

/* Count a login that is not checked or opens nothing, and deny it. */
static void
authreq_turn_away(struct client *cl, const char *reply, const char *why)
{
	tally_add(&authreq.refused, &cl->cl_source, why);
	count_add(COUNT_LOGIN_BUSY, 1);
	authreq_send_end(cl, END_REFUSED);
	authreq_deny(cl, reply);
}

/* It waits for a channel no longer. */
static void
authreq_release(struct client *cl)
{
	if (cl->cl_held == NULL)
		return;
	TAILQ_REMOVE(&authreq.held, cl->cl_held, hld_entry);
	freezero(cl->cl_held, sizeof(*cl->cl_held));
	cl->cl_held = NULL;
}

static void
authreq_fail_one(struct client *cl)
{
	if (cl->cl_id.si_num != 0)
		LIST_REMOVE(cl, cl_waiting);
	authreq_release(cl);
	authreq_turn_away(cl, REPLY_TEMP, "authpop ended");
	authreq.turn(cl);
}

/* Refuse all waiting logins with a temporary failure. */
static void
authreq_fail_all(void)
{
	struct client	*cl;
	int		 i;

	for (i = 0; i < BUCKETS; i++)
		while ((cl = LIST_FIRST(&authreq.waiting[i])) != NULL)
			authreq_fail_one(cl);
	while (!TAILQ_EMPTY(&authreq.held))
		authreq_fail_one(TAILQ_FIRST(&authreq.held)->hld_client);
}

static void
authreq_drop(void)
{
	chan_free(authreq.authpop);
	authreq.authpop = NULL;
	stamp_epoch("");
	authreq_fail_all();
}

static void
authreq_closed(void *arg, const char *why)
{
	if (why != NULL)
		log_warnx("authpop: %s", why);
	else
		log_warnx("authpop is gone: logins fail until it is back");
	peerloss_ask(ROLE_AUTH);
	authreq_drop();
}

void
authreq_init(void (*turn)(struct client *))
{
	int	 i;

	authreq.turn = turn;
	for (i = 0; i < BUCKETS; i++)
		LIST_INIT(&authreq.waiting[i]);
	TAILQ_INIT(&authreq.held);
	chan_on_drained(proc_parent(), authreq_run);
}

void
authreq_configure(uint64_t gen)
{
	authreq.last.si_gen = gen;
}

void
authreq_peer(int fd)
{
	if (authreq.authpop != NULL)
		authreq_drop();
	authreq.authpop = chan_new(fd, "authpop", authpop_rules,
	    authreq_closed, NULL);
	if (authreq.authpop == NULL) {
		log_warn("authpop: no channel");
		close(fd);
		peerloss_ask(ROLE_AUTH);
		return;
	}
	chan_on_drained(authreq.authpop, authreq_run);
}

/* Get the local address of the connection. */
static void
authreq_local(const struct client *cl, struct source *local)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);

	*local = cl->cl_local;
	if (local->so_version != 0)
		return;
	if (getsockname(cl->cl_socket, (struct sockaddr *)&ss, &len) == 0)
		source_from(local, (struct sockaddr *)&ss);
}

static void
authreq_want(struct client *cl, const struct msg_auth_check *mac)
{
	struct msg_want	 want;

	memset(&want, 0, sizeof(want));
	want.mw_id = cl->cl_id;
	bond_make(&mac->mac_id, mac->mac_salt, mac->mac_purpose,
	    mac->mac_method, mac->mac_user, mac->mac_pass, want.mw_bond);
	/* The parent opens a session for no other user. */
	strlcpy(want.mw_user, mac->mac_user, sizeof(want.mw_user));
	table_lower(want.mw_user);
	want.mw_source = cl->cl_source;
	authreq_local(cl, &want.mw_local);
	strlcpy(want.mw_version, cl->cl_tls == NULL ? "none" :
	    tlsio_version(cl->cl_tls), sizeof(want.mw_version));
	strlcpy(want.mw_cipher, cl->cl_tls == NULL ? "none" :
	    tlsio_cipher(cl->cl_tls), sizeof(want.mw_cipher));
	strlcpy(want.mw_sni, cl->cl_tls == NULL ? "" :
	    tlsio_name(cl->cl_tls), sizeof(want.mw_sni));
	if (cl->cl_http != NULL)
		authhttp_want(cl, &want);
	proc_send(MSG_SESSION_WANT, &want, -1);
}

/* Complete the user name with the listener's domain, if that fits. */
static void
authreq_user(const struct client *cl, const struct credentials *cr, char *buf,
    size_t size)
{
	if (cl->cl_domain != NULL && cr->cr_user[0] != '\0' &&
	    strchr(cr->cr_user, '@') == NULL && (size_t)snprintf(buf, size,
	    "%s@%s", cr->cr_user, cl->cl_domain) < size)
		return;
	strlcpy(buf, cr->cr_user, size);
}

/* Write what authpop is to check; the salt is made once. */
static void
authreq_fill(const struct client *cl, struct msg_auth_check *mac)
{
	const struct credentials	*cr = &cl->cl_held->hld_login;

	memset(mac, 0, sizeof(*mac));
	mac->mac_id = cl->cl_id;
	mac->mac_source = cl->cl_source;
	mac->mac_method = cr->cr_method;
	mac->mac_purpose = cl->cl_http != NULL ? PURPOSE_ROUTE :
	    PURPOSE_SESSION;
	memcpy(mac->mac_salt, cl->cl_held->hld_salt, sizeof(mac->mac_salt));
	authreq_user(cl, cr, mac->mac_user, sizeof(mac->mac_user));
	strlcpy(mac->mac_pass, cr->cr_pass, sizeof(mac->mac_pass));
}

/*
 * Ask nothing while a process does not read: strangers' logins would fill its
 * channel, which ends all sessions here.
 */
static int
authreq_full(void)
{
	return (authreq.authpop == NULL || !chan_drained(proc_parent()) ||
	    !chan_drained(authreq.authpop));
}

/*
 * Ask the parent, then authpop: the WANT must be there before authpop's answer
 * can be.  Return whether both were asked.
 */
static int
authreq_ask(struct client *cl)
{
	struct msg_auth_check	 mac;
	int			 is_new = cl->cl_id.si_num == 0, asked;

	if (authreq_full())
		return (0);
	if (is_new) {
		authreq.last.si_num++;
		cl->cl_id = authreq.last;
		LIST_INSERT_HEAD(authreq_bucket(&cl->cl_id), cl, cl_waiting);
	}
	authreq_fill(cl, &mac);
	if (is_new)
		authreq_want(cl, &mac);
	/* If this fails, authreq_closed() will refuse it. */
	if ((asked = !authreq_full()))
		chan_send(authreq.authpop, MSG_AUTH_CHECK, &mac, -1);
	explicit_bzero(&mac, sizeof(mac));
	return (asked);
}

/* Ask for those that wait, in order: numbers must go up. */
static void
authreq_run(void *arg)
{
	struct authreq_held	*hld;

	while ((hld = TAILQ_FIRST(&authreq.held)) != NULL &&
	    authreq_ask(hld->hld_client))
		authreq_release(hld->hld_client);
}

/* Have a login wait for its turn.  Return NULL, or why it cannot. */
static const char *
authreq_hold(struct client *cl, const struct credentials *cr)
{
	if (authreq.authpop == NULL) {
		peerloss_ask(ROLE_AUTH);
		return ("no authpop");
	}
	if ((cl->cl_held = malloc(sizeof(*cl->cl_held))) == NULL)
		return ("no memory");
	cl->cl_held->hld_client = cl;
	cl->cl_held->hld_login = *cr;
	arc4random_buf(cl->cl_held->hld_salt, sizeof(cl->cl_held->hld_salt));
	TAILQ_INSERT_TAIL(&authreq.held, cl->cl_held, hld_entry);
	return (NULL);
}

void
authreq_start(struct client *cl, struct credentials *cr)
{
	const char	*why;

	if (cl->cl_http == NULL && !capacity_room())
		authreq_turn_away(cl, ERR_FULL, "no room for a session");
	else if ((why = authreq_hold(cl, cr)) != NULL)
		authreq_turn_away(cl, REPLY_TEMP, why);
	else {
		cl->cl_state = CLIENT_WAIT;
		authreq_run(NULL);
	}
	explicit_bzero(cr, sizeof(*cr));
}

void
authreq_end(struct client *cl, enum end_reason reason)
{
	authreq_release(cl);
	if (cl->cl_id.si_num == 0)
		return;
	if (cl->cl_state == CLIENT_WAIT) {
		LIST_REMOVE(cl, cl_waiting);
		if (authreq.authpop != NULL)
			chan_send(authreq.authpop, MSG_AUTH_CANCEL,
			    &cl->cl_id, -1);
	}
	authreq_send_end(cl, reason);
}

/* Find the client of an answer and take it off the list of waiting ones. */
static struct client *
authreq_take(const struct session_id *id)
{
	struct client	*cl;

	if ((cl = authreq_find(id)) == NULL)
		return (NULL);
	LIST_REMOVE(cl, cl_waiting);
	authreq_release(cl);
	return (cl);
}

/* The ticket for a proxy. */
static struct verdict
authreq_ticket(void *arg, const void *data, int fd)
{
	const struct msg_auth_ticket	*ati = data;
	struct client			*cl;

	/* The client may be gone. */
	if ((cl = authreq_find(&ati->ati_id)) == NULL)
		return (TAKEN);
	if (cl->cl_http == NULL)
		return (LIE("ticket for no proxy"));
	authhttp_ticket(cl, ati->ati_text);
	return (TAKEN);
}

static struct verdict
authreq_epoch(void *arg, const void *data, int fd)
{
	stamp_epoch(((const struct msg_auth_epoch *)data)->ec_text);
	return (TAKEN);
}

struct verdict
authreq_open(void *arg, const void *data, int fd)
{
	struct client	*cl;

	if ((cl = authreq_take(data)) == NULL) {
		close(fd);
		return (TAKEN);
	}
	if (cl->cl_http != NULL) {
		close(fd);
		authreq_turn_away(cl, REPLY_TEMP, "a session, not a route");
	} else if (!capacity_room()) {	/* others were faster */
		close(fd);
		authreq_turn_away(cl, ERR_FULL, "no room for a session");
	} else
		relay_start(cl, fd);
	authreq.turn(cl);
	return (TAKEN);
}

void
authreq_lost(void *arg, uint32_t type, const void *data)
{
	struct client	*cl;

	if (type != MSG_SESSION_OPEN || (cl = authreq_take(data)) == NULL)
		return;
	authreq_turn_away(cl, REPLY_TEMP, "no descriptor");
	authreq.turn(cl);
}

struct verdict
authreq_route(void *arg, const void *data, int fd)
{
	const struct msg_route	*mu = data;
	struct client		*cl;

	/* For a ticket; this may end the channel. */
	if (authreq.authpop != NULL)
		chan_poll(authreq.authpop);
	if ((cl = authreq_take(&mu->mu_id)) == NULL)
		return (TAKEN);
	cl->cl_id.si_num = 0;
	if (cl->cl_http != NULL)
		authhttp_routed(cl, mu);
	else
		authreq_deny(cl, REPLY_TEMP);
	authreq.turn(cl);
	return (TAKEN);
}

struct verdict
authreq_refuse(void *arg, const void *data, int fd)
{
	const struct msg_refuse	*refuse = data;
	struct client		*cl;

	if ((cl = authreq_take(&refuse->mr_id)) == NULL)
		return (TAKEN);
	cl->cl_id.si_num = 0;
	authreq_deny(cl, refusals[refuse->mr_reason]);
	authreq.turn(cl);
	return (TAKEN);
}
