/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A clock that only the test moves, and libevent's timers that run by it:
 * stubs for clock_gettime(2) and for the functions under evtimer_set(3),
 * evtimer_add(3) and evtimer_del(3).
 */

#ifndef TIMERS_H
#define TIMERS_H

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#ifndef TIMERS_MAX
#define TIMERS_MAX	256
#endif

static struct {
	int64_t		 now;		/* ms */
	struct timer {
		struct event	 *ti_event;
		int		  ti_fd;
		void		(*ti_callback)(int, short, void *);
		void		 *ti_arg;
		int64_t		  ti_due;	/* ms; -1: it does not run */
	}		 all[TIMERS_MAX];
	int		 count;
	struct timer	*last;		/* that was set */
} timers = { .now = 1000000 };

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	ts->tv_sec = (time_t)(timers.now / 1000);
	ts->tv_nsec = (long)(timers.now % 1000) * 1000000;
	return (0);
}

static struct timer *
timers_find(const struct event *ev)
{
	int	 i;

	for (i = 0; i < timers.count; i++)
		if (timers.all[i].ti_event == ev)
			return (&timers.all[i]);
	return (NULL);
}

void
event_set(struct event *ev, int fd, short what,
    void (*callback)(int, short, void *), void *arg)
{
	struct timer	*ti;

	if ((ti = timers_find(ev)) == NULL) {
		if (timers.count == TIMERS_MAX)
			abort();
		ti = &timers.all[timers.count++];
	}
	ti->ti_event = ev;
	ti->ti_fd = fd;
	ti->ti_callback = callback;
	ti->ti_arg = arg;
	ti->ti_due = -1;
	timers.last = ti;
}

int
event_add(struct event *ev, const struct timeval *tv)
{
	struct timer	*ti = timers_find(ev);

	if (ti == NULL)
		abort();
	/* An event for a descriptor: the test calls it. */
	if (tv == NULL)
		return (0);
	ti->ti_due = timers.now + (int64_t)tv->tv_sec * 1000 +
	    tv->tv_usec / 1000;
	return (0);
}

int
event_del(struct event *ev)
{
	struct timer	*ti = timers_find(ev);

	if (ti == NULL)
		abort();
	ti->ti_due = -1;
	return (0);
}

/* Return the timer that is due first, or NULL. */
static struct timer *
timers_next(void)
{
	struct timer	*ti, *next = NULL;
	int		 i;

	for (i = 0; i < timers.count; i++) {
		ti = &timers.all[i];
		if (ti->ti_due != -1 &&
		    (next == NULL || ti->ti_due < next->ti_due))
			next = ti;
	}
	return (next);
}

/* Run all timers that are due. */
static void
timers_run(void)
{
	struct timer	*ti;

	while ((ti = timers_next()) != NULL && ti->ti_due <= timers.now) {
		ti->ti_due = -1;
		ti->ti_callback(-1, EV_TIMEOUT, ti->ti_arg);
	}
}

/* Let time pass; every timer runs when it is due. */
static __attribute__((__unused__)) void
timers_pass(int64_t ms)
{
	struct timer	*ti;
	int64_t		 end = timers.now + ms;

	while ((ti = timers_next()) != NULL && ti->ti_due <= end) {
		if (ti->ti_due > timers.now)
			timers.now = ti->ti_due;
		timers_run();
	}
	timers.now = end;
}

/* Stop the process for this long; its timers run afterwards. */
static __attribute__((__unused__)) void
timers_stall(int64_t ms)
{
	timers.now += ms;
	timers_run();
}

#endif
