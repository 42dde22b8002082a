/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Commands before login.  In: octets through clientio.c.  authstate.c executes
 * the lines.  Out: replies; logins to authreq.c.
 */

#include <sys/types.h>

#include "authorize.h"
#include "authreq.h"
#include "client.h"
#include "clientio.h"
#include "deadline.h"
#include "limits.h"

#define REPLY_MAX	512		/* RFC 2449 section 4; at least
					   CAPA_MAX */

/*
 * STLS.  An attacker may have injected commands after it in clear, to have
 * them executed as if they had come by TLS.  So all input here and in the
 * socket is discarded: a client waits for the reply before it continues (RFC
 * 2595 section 4).  Later input goes to the handshake, which fails if it is
 * anything else.
 */
static void
authorize_stls(struct client *cl)
{
	cl->cl_state = CLIENT_STLS;
	deadline_set(cl, DEADLINE_HANDSHAKE);
	if (clientio_discard(cl) == -1) {
		cl->cl_state = CLIENT_CLOSING;
		if ((cl->cl_flags & CF_EOF) == 0)
			cl->cl_flags |= CF_LINGER;
	}
}

/* Execute the lines received so far while there is room for their replies. */
static int
authorize_execute(struct client *cl)
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
			authreq_start(cl, &cr);
		if (event == AUTHSTATE_STLS)
			authorize_stls(cl);
		if (event == AUTHSTATE_CLOSE)
			cl->cl_state = CLIENT_CLOSING;
		if (event == AUTHSTATE_MORE) {
			/*
			 * An incomplete line at end of input is never
			 * completed.
			 */
			if (cl->cl_flags & CF_EOF)
				cl->cl_state = CLIENT_CLOSING;
			break;
		}
		moved = 1;
	}
	/* Closed while the client may still be sending? */
	if (cl->cl_state == CLIENT_CLOSING && (cl->cl_flags & CF_EOF) == 0 &&
	    (cl->cl_up.bf_len > 0 || cl->cl_auth.as_bad > 0))
		cl->cl_flags |= CF_LINGER;
	return (moved);
}

int
authorize_turn(struct client *cl)
{
	int	 i, moved = 1;

	for (i = 0; i < TURN_PIECES && moved; i++) {
		moved = clientio_fill(cl);
		moved |= authorize_execute(cl);
		moved |= clientio_flush(cl);
		/* A client that waits for PASS is ended by authorize_wait(). */
		if ((cl->cl_flags & CF_MUTE) && cl->cl_state == CLIENT_COMMAND)
			cl->cl_state = CLIENT_CLOSING;
		if (cl->cl_state != CLIENT_COMMAND)
			return (0);
	}
	return (moved);
}

/*
 * End of input is not a reason to give up if the client closed properly or
 * sent more commands to be executed first.  A proxy that closes has given up;
 * free its place in the queue.
 */
int
authorize_wait(struct client *cl, int *more)
{
	*more = clientio_fill(cl);
	*more |= clientio_flush(cl);
	if ((cl->cl_flags & CF_MUTE) == 0 && ((cl->cl_flags & CF_EOF) == 0 ||
	    (cl->cl_http == NULL && (cl->cl_up.bf_len > 0 ||
	    !clientio_truncated(cl)))))
		return (0);
	cl->cl_reason = END_CLIENT;
	return (-1);
}

int
authorize_secure(struct client *cl)
{
	clientio_flush(cl);
	if (cl->cl_flags & CF_MUTE)
		return (-1);
	if (cl->cl_down.bf_len > 0)
		return (0);
	unauth_rank(&cl->cl_unauth, UNAUTH_SILENT);
	return (clientio_secure(cl, cl->cl_server));
}
