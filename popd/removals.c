/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Removed messages.  In: one message from a worker for each.  Out: a line in
 * the log.  See removals.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>

#include "bucket.h"
#include "chan.h"
#include "limits.h"
#include "log.h"
#include "reap.h"
#include "removals.h"
#include "session.h"

static struct {
	TAILQ_HEAD(, session)	 waiting;	/* to be told to go on */
	struct event		 timer;
	int			 running;	/* the timer */
	struct bucket		 windows;
} removals = { .waiting = TAILQ_HEAD_INITIALIZER(removals.waiting) };

/* Let a worker go on; it gets a new deadline if its client has left. */
static void
removals_go_on(struct session *s)
{
	s->s_audit = AUDIT_WANTED;
	chan_send(s->s_chan, MSG_REMOVED_OK, NULL, -1);
	if (s->s_state == SESSION_LEFT)
		reap_overdue(&s->s_reap, WORKER_SECONDS);
}

static int
removals_full(void)
{
	return (bucket_spend(&removals.windows, AUDIT_RATE / AUDIT_WINDOW,
	    AUDIT_BURST / AUDIT_WINDOW) == -1);
}

static void
removals_later(int fd, short what, void *arg)
{
	const struct timeval	 second = { 1, 0 };
	struct session		*s;

	removals.running = 0;
	while ((s = TAILQ_FIRST(&removals.waiting)) != NULL &&
	    !removals_full()) {
		TAILQ_REMOVE(&removals.waiting, s, s_auditing);
		removals_go_on(s);
	}
	if (s == NULL)
		return;
	evtimer_set(&removals.timer, removals_later, NULL);
	if (evtimer_add(&removals.timer, &second) == 0)
		removals.running = 1;
}

static void
removals_wait(struct session *s)
{
	s->s_audit = AUDIT_WAITS;
	TAILQ_INSERT_TAIL(&removals.waiting, s, s_auditing);
	if (!removals.running)
		removals_later(-1, 0, NULL);
}

struct verdict
removals_log(struct session *s, const struct msg_removed *rv)
{
	char	 text[SESSION_TEXT_MAX], uidl[LOG_QUOTE_MAX];

	if (s->s_audit != AUDIT_WANTED || s->s_audited >= AUDIT_MAX)
		return (LIE("unwanted"));
	log_info("removed %s octets=%llu uidl=%s reason=%s",
	    session_text(s, text, sizeof(text)),
	    (unsigned long long)rv->rv_octets,
	    log_quote(rv->rv_uidl, uidl, sizeof(uidl)),
	    rv->rv_expired ? "expire" : "dele");
	if (++s->s_audited % AUDIT_WINDOW == 0)
		removals_wait(s);
	return (TAKEN);
}

void
removals_forget(struct session *s)
{
	if (s->s_audit == AUDIT_WAITS)
		TAILQ_REMOVE(&removals.waiting, s, s_auditing);
	s->s_audit = AUDIT_NONE;
}
