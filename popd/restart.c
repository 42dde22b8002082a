/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Restarts with back-off.  See restart.h.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <time.h>

#include "child.h"
#include "count.h"
#include "limits.h"
#include "log.h"
#include "restart.h"
#include "sockets.h"

static struct {
	struct backoff {
		enum role	 bo_role;
		int		 bo_begun;	/* in use */
		struct event	 bo_timer;
		int		 bo_waiting;	/* the timer runs */
		unsigned int	 bo_missing;
		unsigned int	 bo_delay;	/* seconds before the next */
		time_t		 bo_started;	/* last start */
		time_t		 bo_next;	/* real time, next start */
		unsigned int	 bo_restarts;
	}	 roles[ROLE_MAX];
	int	 stopping;
	void	(*hook)(void);
} restart;

static void	 restart_timeout(int, short, void *);

static time_t
restart_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec);
}

/* Start a process.  Return 0, or -1 with errno. */
static int
restart_one(struct backoff *bo)
{
	if (child_start(bo->bo_role, 0) == NULL)
		return (-1);
	bo->bo_started = restart_clock();
	return (0);
}

static void
restart_longer(struct backoff *bo)
{
	bo->bo_delay = bo->bo_delay == 0 ? 1 : 2 * bo->bo_delay;
	if (bo->bo_delay > RESTART_SECONDS_MAX)
		bo->bo_delay = RESTART_SECONDS_MAX;
}

static void
restart_later(struct backoff *bo)
{
	struct timeval	 tv = { 0, 0 };

	tv.tv_sec = bo->bo_delay;
	log_warnx("%s is down: next start in %u seconds",
	    msg_role_name(bo->bo_role), bo->bo_delay);
	evtimer_set(&bo->bo_timer, restart_timeout, bo);
	evtimer_add(&bo->bo_timer, &tv);
	bo->bo_waiting = 1;
	bo->bo_next = time(NULL) + bo->bo_delay;
	restart_longer(bo);
}

/* Start all that are missing; a failure is retried later. */
static void
restart_now(struct backoff *bo)
{
	/* Undo what a compromised listener may have done to the sockets. */
	if (bo->bo_role == ROLE_LISTENER)
		sockets_mend();
	for (; bo->bo_missing > 0; bo->bo_missing--)
		if (restart_one(bo) == -1) {
			log_warn("cannot start %s", msg_role_name(bo->bo_role));
			if (bo->bo_delay == 0)
				restart_longer(bo);
			restart_later(bo);
			break;
		} else
			bo->bo_restarts++;
	restart.hook();
}

static void
restart_timeout(int fd, short what, void *arg)
{
	struct backoff	*bo = arg;

	bo->bo_waiting = 0;
	restart_now(bo);
}

void
restart_first(enum role role, unsigned int count)
{
	struct backoff	*bo = &restart.roles[role];

	bo->bo_role = role;
	bo->bo_begun = 1;
	while (count-- > 0)
		if (restart_one(bo) == -1)
			fatal("cannot start %s", msg_role_name(role));
}

void
restart_hook(void (*hook)(void))
{
	restart.hook = hook;
}

void
restart_begin(enum role role)
{
	struct backoff	*bo = &restart.roles[role];

	if (bo->bo_begun)
		return;
	bo->bo_role = role;
	bo->bo_begun = 1;
	if (restart_one(bo) == 0)
		return;
	log_warn("cannot start %s", msg_role_name(role));
	bo->bo_missing++;
	restart_longer(bo);
	restart_later(bo);
}

void
restart_gone(enum role role)
{
	struct backoff	*bo = &restart.roles[role];

	if (restart.stopping)
		return;
	if (restart_clock() - bo->bo_started >= RESTART_CALM)
		bo->bo_delay = 0;
	bo->bo_missing++;
	count_add(COUNT_RESTARTS, 1);
	if (bo->bo_waiting)
		return;
	if (bo->bo_delay > 0) {
		restart_later(bo);
		return;
	}
	restart_longer(bo);
	restart_now(bo);
}

unsigned int
restart_missing(void)
{
	unsigned int	 n = 0;
	int		 role;

	for (role = 0; role < ROLE_MAX; role++)
		n += restart.roles[role].bo_missing;
	return (n);
}

unsigned int
restart_count(enum role role)
{
	return (restart.roles[role].bo_restarts);
}

time_t
restart_next(enum role role)
{
	const struct backoff	*bo = &restart.roles[role];

	return (bo->bo_waiting ? bo->bo_next : 0);
}

void
restart_stop(void)
{
	int	 role;

	restart.stopping = 1;
	for (role = 0; role < ROLE_MAX; role++)
		if (restart.roles[role].bo_waiting) {
			evtimer_del(&restart.roles[role].bo_timer);
			restart.roles[role].bo_waiting = 0;
		}
}
