/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Draining after an upgrade.  See drain.h.
 *
 * Listeners keep their connections, also those not logged in, and exit after
 * the last.  Until then the queue of logins and the keys stay, but nothing
 * that dies is restarted: its program may be the new version by now.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <unistd.h>

#include "chan.h"
#include "child.h"
#include "conf.h"
#include "control.h"
#include "drain.h"
#include "handover.h"
#include "limits.h"
#include "log.h"
#include "restart.h"
#include "session.h"
#include "sockets.h"
#include "stop.h"

static struct {
	int		 begun;
	struct event	 timer;
	struct event	 round;
	struct event	 stay;
	uint32_t	 told;		/* sessions last reported */
} drain;

static void
drain_late(int fd, short what, void *arg)
{
	stop_begin("sessions are still open a day after the upgrade");
}

/* Tell the new popd the number of sessions, for popctl. */
static void
drain_round(int fd, short what, void *arg)
{
	const struct timeval	 tv = { DRAIN_TELL_SECONDS, 0 };
	char			 text[32];

	if (session_count() != drain.told) {
		drain.told = session_count();
		snprintf(text, sizeof(text), "%d %u", (int)getpid(),
		    drain.told);
		handover_say(HANDOVER_SESSIONS, text);
	}
	evtimer_add(&drain.round, &tv);
}

static void
drain_stayed(int fd, short what, void *arg)
{
	drain_check();
}

void
drain_begin(void)
{
	const struct timeval	 tv = { DRAIN_SECONDS, 0 };
	struct child		*c;

	drain.told = UINT32_MAX;
	if (drain.begun)
		return;
	drain.begun = 1;
	conf_close();
	sockets_close();
	control_move();
	/* The new popd does the reloads that were requested. */
	control_reload_begins();
	control_reloaded(0, "another popd has taken over");
	restart_stop();
	TAILQ_FOREACH(c, child_all(), c_entry) {
		if ((c->c_role != ROLE_LISTENER && c->c_role != ROLE_LMTP) ||
		    c->c_chan == NULL)
			continue;
		if (c->c_configured)
			chan_send(c->c_chan, MSG_DRAIN, NULL, -1);
		else
			child_end(c);
	}
	evtimer_set(&drain.timer, drain_late, NULL);
	evtimer_add(&drain.timer, &tv);
	evtimer_set(&drain.round, drain_round, NULL);
	drain_round(-1, 0, NULL);
	evtimer_set(&drain.stay, drain_stayed, NULL);
}

void
drain_stay(unsigned int seconds)
{
	struct timeval	 tv = { 0, 0 };

	tv.tv_sec = seconds;
	evtimer_add(&drain.stay, &tv);
}

int
drain_begun(void)
{
	return (drain.begun);
}

void
drain_check(void)
{
	const struct child	*c;

	if (!drain.begun || stop_begun() || session_count() > 0 ||
	    evtimer_pending(&drain.stay, NULL))
		return;
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_role == ROLE_LISTENER || c->c_role == ROLE_LMTP)
			return;
	stop_begin("the last session has ended");
}
