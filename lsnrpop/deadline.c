/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Queues of connections, by deadline.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <time.h>

#include "client.h"
#include "deadline.h"
#include "limits.h"
#include "log.h"
#include "setting.h"

TAILQ_HEAD(timed, client);

static struct {
	void		(*ddl_expired)(struct client *);
	struct timed	  ddl_queues[DEADLINE_KINDS];
	struct event	  ddl_timers[DEADLINE_KINDS];
	int		  ddl_running[DEADLINE_KINDS];
} deadline;

static time_t
deadline_seconds(enum deadline kind)
{
	switch (kind) {
	case DEADLINE_HANDSHAKE:
		return (setting(SETTING_HANDSHAKE));
	case DEADLINE_LOGIN:
		return (setting(SETTING_LOGIN));
	case DEADLINE_IDLE:
		return (setting(SETTING_IDLE));
	case DEADLINE_MUTE:
		return (MUTE_SECONDS);
	default:
		return (CLOSE_SECONDS);
	}
}

static time_t
deadline_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (ts.tv_sec);
}

static void
deadline_start(enum deadline kind, time_t wait)
{
	struct timeval	 tv = { 0, 0 };

	tv.tv_sec = wait;
	if (evtimer_add(&deadline.ddl_timers[kind], &tv) == -1)
		fatalx("cannot start a timer");
	deadline.ddl_running[kind] = 1;
}

static void
deadline_timeout(int fd, short what, void *arg)
{
	struct timed	*queue = arg;
	enum deadline	 kind = (enum deadline)(queue - deadline.ddl_queues);
	struct client	*cl;
	time_t		 now = deadline_now(), wait = deadline_seconds(kind);

	deadline.ddl_running[kind] = 0;
	while ((cl = TAILQ_FIRST(queue)) != NULL) {
		if (now - cl->cl_since < wait) {
			deadline_start(kind, cl->cl_since + wait - now);
			return;
		}
		deadline.ddl_expired(cl);
	}
}

void
deadline_init(void (*expired)(struct client *))
{
	int	 i;

	deadline.ddl_expired = expired;
	for (i = DEADLINE_NONE + 1; i < DEADLINE_KINDS; i++) {
		TAILQ_INIT(&deadline.ddl_queues[i]);
		evtimer_set(&deadline.ddl_timers[i], deadline_timeout,
		    &deadline.ddl_queues[i]);
	}
}

void
deadline_set(struct client *cl, enum deadline kind)
{
	struct timed	*queue;

	if (cl->cl_deadline != DEADLINE_NONE) {
		queue = &deadline.ddl_queues[cl->cl_deadline];
		TAILQ_REMOVE(queue, cl, cl_timed);
	}
	cl->cl_deadline = kind;
	if (kind == DEADLINE_NONE)
		return;
	cl->cl_since = deadline_now();
	TAILQ_INSERT_TAIL(&deadline.ddl_queues[kind], cl, cl_timed);
	if (!deadline.ddl_running[kind])
		deadline_start(kind, deadline_seconds(kind));
}

/* Let running timers look again at what is due; the queues stay the same. */
void
deadline_changed(void)
{
	int	 i;

	for (i = DEADLINE_NONE + 1; i < DEADLINE_KINDS; i++)
		if (deadline.ddl_running[i])
			deadline_start(i, 0);
}
