/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Requests of nginx's mail module: may this client log in, and where is the
 * mailbox?  In: through accept.c, client.c, clientio.c and httpreq.c; then
 * authreq.c, as for a PASS.  Out: through httpreply.c.
 *
 * This has no process of its own, since it needs just what a listener has:
 * sockets for untrusted input, passwords in passing, connections limited by
 * source, login numbers that the parent accepts, and a place in authpop's
 * queue.  Another process would only double that power.  Connections are
 * accepted from the configured addresses only, and only these are believed
 * about the client's address.  User name, password and path are untrusted.
 *
 * A right password opens nothing.  The parent is asked for a route (WANT),
 * authpop is told the same (CHECK, returned in AUTH_OK), and only if both and
 * the checker (GRANT) agree is there an answer, an address.  If a listener
 * lies in one of them it is refused; if it lies in both, it learns whether a
 * password is right and where the mailbox is: it could log in as well.  Each
 * such login is logged, queued, counted and delayed as any other.
 */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "authhttp.h"
#include "client.h"
#include "clientio.h"
#include "httpreply.h"
#include "httpreq.h"
#include "limits.h"
#include "msg.h"
#include "reply.h"
#include "setting.h"
#include "tally.h"

#define ERR_BAD		"-ERR [SYS/TEMP] malformed request\r\n"
#define ERR_SOURCE	"-ERR [SYS/TEMP] too many connections from your "\
			"address\r\n"

struct authhttp {
	struct httpreq	 ah_req;
	struct source	 ah_proxy;
	char		 ah_user[USER_MAX];	/* as the client wrote it */
	char		 ah_ticket[TICKET_TEXT];	/* for a digest */
};

static struct {
	const struct authhttp_hooks	*hooks;
	struct tally			 bad;
} authhttp = {
	.bad = { .ta_what = "auth-http-refused" },
};

void
authhttp_hook(const struct authhttp_hooks *hooks)
{
	authhttp.hooks = hooks;
}

int
authhttp_open(struct client *cl)
{
	if ((cl->cl_http = calloc(1, sizeof(*cl->cl_http))) == NULL)
		return (-1);
	cl->cl_http->ah_proxy = cl->cl_source;
	return (0);
}

void
authhttp_free(struct client *cl)
{
	if (cl->cl_http == NULL)
		return;
	freezero(cl->cl_http, sizeof(*cl->cl_http));
	cl->cl_http = NULL;
}

/* The answer is complete; ignore any further input. */
static void
authhttp_close(struct client *cl)
{
	cl->cl_state = CLIENT_CLOSING;
	if ((cl->cl_flags & CF_EOF) == 0)
		cl->cl_flags |= CF_LINGER;
}

void
authhttp_say(struct client *cl, const char *reply)
{
	const struct httpreq	*hq = &cl->cl_http->ah_req;
	char			 answer[AUTH_HTTP_ANSWER_MAX];
	unsigned int		 wait = 0;

	if (hq->hq_bad == NULL && hq->hq_attempt > 0 &&
	    hq->hq_attempt < setting(SETTING_FAILURES))
		wait = AUTH_HTTP_WAIT;
	httpreply_refuse(answer, hq->hq_bad != NULL ? hq->hq_status :
	    "200 OK", hq->hq_protocol, reply, wait);
	clientio_say(cl, answer);
}

void
authhttp_refused(struct client *cl, const char *reply)
{
	authhttp_say(cl, reply);
	authhttp_close(cl);
}

void
authhttp_routed(struct client *cl, const struct msg_route *mu)
{
	const char	*asked = cl->cl_http->ah_user;
	char		 answer[AUTH_HTTP_ANSWER_MAX];

	httpreply_route(answer, &mu->mu_host,
	    strcmp(mu->mu_user, asked) == 0 ? NULL : mu->mu_user,
	    cl->cl_http->ah_ticket);
	clientio_say(cl, answer);
	explicit_bzero(answer, sizeof(answer));
	authhttp_close(cl);
}

void
authhttp_ticket(struct client *cl, const char *ticket)
{
	strlcpy(cl->cl_http->ah_ticket, ticket,
	    sizeof(cl->cl_http->ah_ticket));
}

void
authhttp_want(const struct client *cl, struct msg_want *want)
{
	const struct httpreq	*hq = &cl->cl_http->ah_req;

	want->mw_purpose = PURPOSE_ROUTE;
	want->mw_protocol = hq->hq_protocol;
	want->mw_proxy = cl->cl_http->ah_proxy;
	if (hq->hq_version[0] != '\0')
		strlcpy(want->mw_version, hq->hq_version,
		    sizeof(want->mw_version));
	if (hq->hq_cipher[0] != '\0')
		strlcpy(want->mw_cipher, hq->hq_cipher,
		    sizeof(want->mw_cipher));
}

/* The client is known: count the connection as the client's from now on. */
static void
authhttp_ask(struct client *cl)
{
	struct authhttp	*ah = cl->cl_http;
	struct httpreq	*hq = &ah->ah_req;

	if (hq->hq_client.so_version != 0)
		switch (authhttp.hooks->hk_proxied(cl, &hq->hq_client)) {
		case 0:
			break;
		case 1:
			authhttp_refused(cl, ERR_SOURCE);
			return;
		default:
			authhttp_refused(cl, REPLY_TEMP);
			return;
		}
	if (hq->hq_refusal != NULL) {
		authhttp_refused(cl, hq->hq_refusal);
		return;
	}
	strlcpy(ah->ah_user, hq->hq_login.cr_user, sizeof(ah->ah_user));
	authhttp.hooks->hk_login(cl, &hq->hq_login);
}

/* Parse as much of the request as is here. */
static void
authhttp_read(struct client *cl)
{
	enum httpreq_status	 status = HTTPREQ_MORE;
	struct httpreq		*hq = &cl->cl_http->ah_req;
	size_t			 used;

	if (cl->cl_up.bf_len > 0) {
		status = httpreq_step(hq, buf_start(&cl->cl_up),
		    cl->cl_up.bf_len, &used);
		buf_used(&cl->cl_up, used);
	}
	if (status == HTTPREQ_DONE)
		authhttp_ask(cl);
	else if (status == HTTPREQ_BAD) {
		tally_add(&authhttp.bad, &cl->cl_source, hq->hq_bad);
		authhttp_refused(cl, ERR_BAD);
	} else if (cl->cl_flags & CF_EOF)
		cl->cl_state = CLIENT_CLOSING;
}

int
authhttp_turn(struct client *cl)
{
	int	 i, moved = 1;

	for (i = 0; i < TURN_PIECES && moved; i++) {
		moved = clientio_fill(cl);
		authhttp_read(cl);
		if ((cl->cl_flags & CF_MUTE) && cl->cl_state == CLIENT_COMMAND)
			cl->cl_state = CLIENT_CLOSING;
		if (cl->cl_state != CLIENT_COMMAND)
			return (0);
	}
	return (moved);
}
