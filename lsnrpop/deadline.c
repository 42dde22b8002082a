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
	void		(*expired)(struct client *);
	struct timed	  queues[DEADLINE_KINDS];
	struct event	  timers[DEADLINE_KINDS];
	int		  running[DEADLINE_KINDS];
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
	case DEADLINE_LEFT:
		return (WORKER_SECONDS);
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
	if (evtimer_add(&deadline.timers[kind], &tv) == -1)
		fatalx("cannot start a timer");
	deadline.running[kind] = 1;
}

static void
deadline_timeout(int fd, short what, void *arg)
{
	struct timed	*queue = arg;
	enum deadline	 kind = (enum deadline)(queue - deadline.queues);
	struct client	*cl;
	time_t		 now = deadline_now(), wait = deadline_seconds(kind);

	deadline.running[kind] = 0;
	while ((cl = TAILQ_FIRST(queue)) != NULL) {
		if (now - cl->cl_since < wait) {
			deadline_start(kind, cl->cl_since + wait - now);
			return;
		}
		deadline.expired(cl);
	}
}

void
deadline_init(void (*expired)(struct client *))
{
	int	 i;

	deadline.expired = expired;
	for (i = DEADLINE_NONE + 1; i < DEADLINE_KINDS; i++) {
		TAILQ_INIT(&deadline.queues[i]);
		evtimer_set(&deadline.timers[i], deadline_timeout,
		    &deadline.queues[i]);
	}
}

void
deadline_set(struct client *cl, enum deadline kind)
{
	struct timed	*queue;

	if (cl->cl_deadline != DEADLINE_NONE) {
		queue = &deadline.queues[cl->cl_deadline];
		TAILQ_REMOVE(queue, cl, cl_timed);
	}
	cl->cl_deadline = kind;
	if (kind == DEADLINE_NONE)
		return;
	cl->cl_since = deadline_now();
	TAILQ_INSERT_TAIL(&deadline.queues[kind], cl, cl_timed);
	if (!deadline.running[kind])
		deadline_start(kind, deadline_seconds(kind));
}

/* Let running timers look again at what is due; the queues stay the same. */
void
deadline_changed(void)
{
	int	 i;

	for (i = DEADLINE_NONE + 1; i < DEADLINE_KINDS; i++)
		if (deadline.running[i])
			deadline_start(i, 0);
}
