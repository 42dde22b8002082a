/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Queues of sessions by the time at which they are due.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <time.h>

#include "deadline.h"
#include "limits.h"
#include "log.h"
#include "session.h"

TAILQ_HEAD(queue, session);

static const int seconds[DEADLINE_KINDS] = {
	[DEADLINE_LOGIN] = LOGIN_SECONDS,
	[DEADLINE_IDLE] = IDLE_SECONDS,
	[DEADLINE_MUTE] = MUTE_SECONDS,
	[DEADLINE_CLOSE] = CLOSE_SECONDS,
};

static struct {
	void		(*expired)(struct session *);
	struct queue	  queues[DEADLINE_KINDS];
	struct event	  timers[DEADLINE_KINDS];
	int		  running[DEADLINE_KINDS];
} deadlines;

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
	if (evtimer_add(&deadlines.timers[kind], &tv) == -1)
		fatalx("cannot start a timer");
	deadlines.running[kind] = 1;
}

static void
deadline_timeout(int fd, short what, void *arg)
{
	struct queue	*queue = arg;
	enum deadline	 kind = (enum deadline)(queue - deadlines.queues);
	struct session	*s;
	time_t		 now = deadline_now();

	deadlines.running[kind] = 0;
	while ((s = TAILQ_FIRST(queue)) != NULL) {
		if (now - s->se_since < seconds[kind]) {
			deadline_start(kind, s->se_since + seconds[kind] - now);
			return;
		}
		deadlines.expired(s);
	}
}

void
deadline_init(void (*expired)(struct session *))
{
	int	 i;

	deadlines.expired = expired;
	for (i = DEADLINE_NONE + 1; i < DEADLINE_KINDS; i++) {
		TAILQ_INIT(&deadlines.queues[i]);
		evtimer_set(&deadlines.timers[i], deadline_timeout,
		    &deadlines.queues[i]);
	}
}

void
deadline_set(struct session *s, enum deadline kind)
{
	struct queue	*queue;

	if (s->se_deadline != DEADLINE_NONE) {
		queue = &deadlines.queues[s->se_deadline];
		TAILQ_REMOVE(queue, s, se_timed);
	}
	s->se_deadline = kind;
	if (kind == DEADLINE_NONE)
		return;
	s->se_since = deadline_now();
	TAILQ_INSERT_TAIL(&deadlines.queues[kind], s, se_timed);
	if (!deadlines.running[kind])
		deadline_start(kind, seconds[kind]);
}
