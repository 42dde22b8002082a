/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS handshakes take turns.  See handshake.h.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <time.h>

#include "client.h"
#include "clientio.h"
#include "count.h"
#include "handshake.h"
#include "keysign.h"
#include "limits.h"
#include "log.h"
#include "monotime.h"
#include "tally.h"

static struct {
	void		(*turn)(struct client *);
	int64_t		 last_sign;	/* ms, of the last signature */
	struct event	 timer;
	struct tally	 failed;
} handshake = {
	.failed = { .ta_what = "tls-failed" },
};

/* Return whether a signature may be made for it now; if not, queue it. */
static int
handshake_may_sign(struct client *cl)
{
	if ((cl->cl_flags & (CF_CHOSEN | CF_SIGNED)) == 0 &&
	    (evtimer_pending(&handshake.timer, NULL) ||
	    monotime_ms() - handshake.last_sign < SIGN_PAUSE_MS)) {
		unauth_ready(&cl->cl_unauth);
		return (0);
	}
	cl->cl_flags &= ~CF_CHOSEN;
	return (1);
}

static enum tlsio_status
handshake_try(struct client *cl)
{
	uint64_t		 signatures = keysign_count();
	enum tlsio_status	 status;

	status = tlsio_handshake(cl->cl_tls);
	if (keysign_count() != signatures) {
		cl->cl_flags |= CF_SIGNED;
		handshake.last_sign = monotime_ms();
	}
	return (status);
}

int
handshake_step(struct client *cl, int *more)
{
	enum tlsio_status	 status;

	if (cl->cl_flags & CF_MUTE)
		return (-1);
	if ((cl->cl_flags & CF_READABLE) == 0 || !handshake_may_sign(cl))
		return (0);
	switch (status = handshake_try(cl)) {
	case TLSIO_OK:
		return (1);
	case TLSIO_ERROR:
		count_add(COUNT_LOST_TLS, 1);
		/* A connection without data is probably a health check. */
		if (tlsio_touched(cl->cl_tls))
			tally_add(&handshake.failed, &cl->cl_source,
			    tlsio_reason(cl->cl_tls));
		/* Send the alert, which says why. */
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

/* Make one signature, for the source whose turn it is. */
static void
handshake_sign(int fd, short what, void *arg)
{
	uint64_t	 signatures = keysign_count();
	struct client	*cl;
	int		 i;

	for (i = 0; i < TURN_HANDSHAKES && keysign_count() == signatures; i++) {
		if ((cl = unauth_next()) == NULL)
			return;
		cl->cl_flags |= CF_CHOSEN;
		handshake.turn(cl);
	}
	/* If that was the last it returns at once. */
	handshake_wake();
}

void
handshake_init(void (*turn)(struct client *))
{
	handshake.turn = turn;
	evtimer_set(&handshake.timer, handshake_sign, NULL);
}

void
handshake_wake(void)
{
	const struct timeval	 now = { 0, 0 };

	if (!evtimer_pending(&handshake.timer, NULL))
		evtimer_add(&handshake.timer, &now);
}

void
handshake_expired(const struct client *cl)
{
	count_add(COUNT_LOST_TLS, 1);
	if (cl->cl_tls != NULL && tlsio_touched(cl->cl_tls))
		tally_add(&handshake.failed, &cl->cl_source, "too slow");
}
