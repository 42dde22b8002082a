/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Logins.  In: a client's PASS.  Out: WANT to the parent and CHECK to authpop;
 * only the parent answers.  An answer may cross our END on the way; it is
 * ignored.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "authhttp.h"
#include "authreq.h"
#include "capacity.h"
#include "chan.h"
#include "client.h"
#include "clientio.h"
#include "confirm.h"
#include "latency.h"
#include "log.h"
#include "peerloss.h"
#include "proc.h"
#include "relay.h"
#include "reply.h"
#include "sasl.h"
#include "stamp.h"

#define ERR_AUTH	"-ERR [AUTH] wrong user name or password\r\n"
#define ERR_DELAY	"-ERR [LOGIN-DELAY] too soon after another login\r\n"
#define ERR_PERM	"-ERR [SYS/PERM] no mailbox here, ask postmaster\r\n"
#define ERR_IN_USE	"-ERR [IN-USE] too many sessions of this user\r\n"
#define ERR_LOCKED	"-ERR [SYS/PERM] account is locked, ask postmaster\r\n"
#define ERR_FULL	"-ERR [SYS/TEMP] too many sessions, try again later\r\n"

#define BUCKETS		256

LIST_HEAD(authreq_bucket, client);

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
} authreq;

static struct verdict	 authreq_challenge(void *, const void *, int);
static struct verdict	 authreq_epoch(void *, const void *, int);

/* All that authpop may send; only the parent decides on logins. */
static const struct chan_rule authpop_rules[] = {
	{ MSG_AUTH_CHALLENGE,	authreq_challenge },
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

/*
 * Return whether the client waits for a SCRAM challenge only, of which the
 * parent is not told.
 */
static int
authreq_asking(const struct client *cl)
{
	return (cl->cl_auth.as_sasl == SASL_SCRAM_FIRST);
}

static void
authreq_send_end(struct client *cl, enum end_reason reason)
{
	struct msg_end	 end;

	if (authreq_asking(cl)) {
		cl->cl_id.si_num = 0;
		return;
	}
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

/* Refuse all waiting logins with a temporary failure. */
static void
authreq_fail_all(void)
{
	struct client	*cl;
	int		 i;

	for (i = 0; i < BUCKETS; i++) {
		while ((cl = LIST_FIRST(&authreq.waiting[i])) != NULL) {
			LIST_REMOVE(cl, cl_waiting);
			authreq_send_end(cl, END_REFUSED);
			authreq_deny(cl, REPLY_TEMP);
			authreq.turn(cl);
		}
	}
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
}

void
authreq_generation(uint64_t gen)
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
	}
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

static int
authreq_want(struct client *cl)
{
	struct msg_want	 want;

	memset(&want, 0, sizeof(want));
	want.mw_id = cl->cl_id;
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
	if (proc_send(MSG_SESSION_WANT, &want, -1) == -1)
		return (-1);
	/* The WANT must be there before authpop's answer can be. */
	return (chan_drained(proc_parent()) ? 0 : -1);
}

/*
 * Complete the user name with the listener's domain, unless that is too long
 * or the name is that of a certificate.  A SCRAM proof covers the name as the
 * client wrote it, which is in its message.
 */
static void
authreq_user(const struct client *cl, const struct credentials *cr, char *buf,
    size_t size)
{
	if (cl->cl_domain != NULL && cr->cr_method != AUTH_EXTERNAL &&
	    cr->cr_user[0] != '\0' && strchr(cr->cr_user, '@') == NULL &&
	    (size_t)snprintf(buf, size, "%s@%s", cr->cr_user,
	    cl->cl_domain) < size)
		return;
	strlcpy(buf, cr->cr_user, size);
}

static int
authreq_check(struct client *cl, const struct credentials *cr)
{
	struct msg_auth_scram	 scram;
	struct msg_auth_check	*check = &scram.mas_check;
	int			 rv;

	memset(&scram, 0, sizeof(scram));
	check->mac_id = cl->cl_id;
	check->mac_source = cl->cl_source;
	check->mac_method = cr->cr_method;
	check->mac_purpose = cl->cl_http != NULL ? PURPOSE_ROUTE :
	    PURPOSE_SESSION;
	authreq_user(cl, cr, check->mac_user, sizeof(check->mac_user));
	strlcpy(check->mac_pass, cr->cr_pass, sizeof(check->mac_pass));
	if (cr->cr_method == AUTH_SCRAM) {
		scram.mas_said = cr->cr_said;
		rv = chan_send(authreq.authpop, MSG_AUTH_SCRAM, &scram, -1);
	} else
		rv = chan_send(authreq.authpop, MSG_AUTH_CHECK, check, -1);
	explicit_bzero(&scram, sizeof(scram));
	return (rv);
}

/* Ask the parent and authpop.  Return 1, or 0 if one cannot be asked. */
static int
authreq_ask(struct client *cl, const struct credentials *cr)
{
	if (authreq.authpop == NULL) {
		peerloss_ask(ROLE_AUTH);
		return (0);
	}
	/*
	 * Ask nothing while the parent does not read: strangers' logins would
	 * fill its channel, which ends all sessions here.
	 */
	if (!chan_drained(proc_parent()))
		return (0);
	authreq.last.si_num++;
	cl->cl_id = authreq.last;
	if ((authreq_asking(cl) || authreq_want(cl) == 0) &&
	    authreq_check(cl, cr) == 0)
		return (1);
	authreq_send_end(cl, END_REFUSED);
	return (0);
}

void
authreq_start(struct client *cl, struct credentials *cr)
{
	int	 room = cl->cl_http != NULL || capacity_room();
	int	 asked = room && authreq_ask(cl, cr);

	explicit_bzero(cr, sizeof(*cr));
	if (!asked) {
		authreq_deny(cl, room ? REPLY_TEMP : ERR_FULL);
		return;
	}
	cl->cl_state = CLIENT_WAIT;
	if (!authreq_asking(cl))
		latency_begin(cl);
	LIST_INSERT_HEAD(authreq_bucket(&cl->cl_id), cl, cl_waiting);
}

void
authreq_end(struct client *cl, enum end_reason reason)
{
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

	if ((cl = authreq_find(id)) != NULL)
		LIST_REMOVE(cl, cl_waiting);
	if (cl != NULL)
		latency_end(cl, LATENCY_LOGIN);
	return (cl);
}

/*
 * SCRAM: salt and iterations for a client, or the server's signature; or the
 * ticket for a proxy.
 */
static struct verdict
authreq_challenge(void *arg, const void *data, int fd)
{
	const struct msg_auth_challenge	*mch = data;
	struct client			*cl;
	const char			*reply;

	/* The client may be gone. */
	if ((cl = authreq_find(&mch->mch_id)) == NULL)
		return (TAKEN);
	if (cl->cl_http != NULL) {
		authhttp_ticket(cl, mch->mch_text);
		return (TAKEN);
	}
	if (cl->cl_auth.as_sasl == SASL_SCRAM) {
		authstate_signed(&cl->cl_auth, mch->mch_text);
		return (TAKEN);
	}
	if (!authreq_asking(cl))
		return (LIE("challenge without an exchange"));
	LIST_REMOVE(cl, cl_waiting);
	reply = authstate_challenge(&cl->cl_auth, cl->cl_id.si_num,
	    mch->mch_nonce, mch->mch_text);
	cl->cl_id.si_num = 0;
	cl->cl_state = CLIENT_COMMAND;
	if (reply != NULL)
		clientio_say(cl, reply);
	else
		authreq_deny(cl, REPLY_TEMP);
	authreq.turn(cl);
	return (TAKEN);
}

static struct verdict
authreq_epoch(void *arg, const void *data, int fd)
{
	stamp_epoch(((const struct msg_auth_epoch *)data)->ec_text);
	return (TAKEN);
}

/* No room for a session, or no signature: give up. */
static void
authreq_fail(struct client *cl, int fd, const char *reply)
{
	close(fd);
	authreq_send_end(cl, END_REFUSED);
	authreq_deny(cl, reply);
}

/* SCRAM: authpop sent the signature before it told the parent. */
static void
authreq_confirm(struct client *cl, int fd)
{
	const char	*reply;

	if ((reply = authstate_signature(&cl->cl_auth)) != NULL)
		confirm_ask(cl, fd, reply);
	else
		authreq_fail(cl, fd, REPLY_TEMP);
}

struct verdict
authreq_open(void *arg, const void *data, int fd)
{
	struct client	*cl;

	/* This may end the channel and the client. */
	if ((cl = authreq_find(data)) != NULL && authreq.authpop != NULL &&
	    cl->cl_auth.as_sasl == SASL_SCRAM)
		chan_poll(authreq.authpop);
	if ((cl = authreq_take(data)) == NULL) {
		close(fd);
		return (TAKEN);
	}
	if (!capacity_room())
		authreq_fail(cl, fd, ERR_FULL);	/* others were faster */
	else if (cl->cl_auth.as_sasl == SASL_SCRAM)
		authreq_confirm(cl, fd);
	else
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
	authreq_send_end(cl, END_REFUSED);
	authreq_deny(cl, REPLY_TEMP);
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
