/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Shutdown.  See stop.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdlib.h>

#include "chan.h"
#include "child.h"
#include "conf.h"
#include "control.h"
#include "delivery.h"
#include "handover.h"
#include "limits.h"
#include "log.h"
#include "notify.h"
#include "restart.h"
#include "session.h"
#include "sockets.h"
#include "stop.h"
#include "tables.h"
#include "worker.h"

static struct {
	int		 begun;
	struct event	 timer;
	void		(*hook)(void);
} stop;

static void
stop_exit(void)
{
	log_info("stopped");
	exit(0);
}

/* Workers still in UPDATE finish without us. */
static void
stop_late(int fd, short what, void *arg)
{
	log_warnx("%u workers finish on their own", session_count() +
	    delivery_count());
	stop_exit();
}

/* Time is up for clients: end the listeners, and with them all sessions. */
static void
stop_listeners(int fd, short what, void *arg)
{
	const struct timeval	 tv = { WORKER_SECONDS + LAST_SECONDS, 0 };

	child_end_role(ROLE_LISTENER);
	child_end_role(ROLE_LMTP);
	evtimer_set(&stop.timer, stop_late, NULL);
	evtimer_add(&stop.timer, &tv);
	stop_check();
}

void
stop_begin(const char *why)
{
	const struct timeval	 tv = { STOP_SECONDS, 0 };
	struct child		*c;

	if (stop.begun)
		return;
	stop.begun = 1;
	log_info("stopping: %s", why);
	notify_stopping();
	conf_stop();
	stop.hook();
	sockets_remove();
	sockets_close();
	control_close();
	restart_stop();
	child_stopping();
	/* Tell workers before the listeners end their input. */
	worker_stop_all();
	TAILQ_FOREACH(c, child_all(), c_entry)
		if ((c->c_role == ROLE_LISTENER || c->c_role == ROLE_LMTP) &&
		    c->c_chan != NULL)
			chan_send(c->c_chan, MSG_STOP, NULL, -1);
	child_end_role(ROLE_AUTH);
	child_end_role(ROLE_CHECKER);
	child_end_role(ROLE_KEY);
	child_end_role(ROLE_TABLE);
	tables_stop();
	evtimer_set(&stop.timer, stop_listeners, NULL);
	evtimer_add(&stop.timer, &tv);
}

int
stop_begun(void)
{
	return (stop.begun);
}

void
stop_hook(void (*hook)(void))
{
	stop.hook = hook;
}

void
stop_check(void)
{
	if (stop.begun && TAILQ_EMPTY(child_all()) && session_count() == 0 &&
	    delivery_count() == 0 && tables_none() && handover_elder() == NULL)
		stop_exit();
}
