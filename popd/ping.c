/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Children that hang.  See ping.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "chan.h"
#include "child.h"
#include "ping.h"

#define ROUND_MS	1000

static struct {
	struct event	 timer;
	int64_t		 last;		/* ms, last round */
	int		 answered;	/* all have answered once */
	void		(*all)(void);
} ping;

static int64_t
ping_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* Ping a child, or kill it if its answer is overdue. */
static void
ping_child(struct child *c, int64_t now)
{
	int64_t	 patience = (int64_t)child_role(c->c_role)->ro_patience * 1000;
	char	 why[64];

	/* A new child has a timeout in conf.c. */
	if (!c->c_configured || c->c_state == CHILD_GONE)
		return;
	if (c->c_asked == 0) {
		c->c_asked = now;
		chan_send(c->c_chan, MSG_PING, NULL, -1);
	} else if (now - c->c_asked >= patience) {
		snprintf(why, sizeof(why), "has not answered for %lld seconds",
		    (long long)(now - c->c_asked) / 1000);
		child_kill(c, why);
	}
}

static void
ping_round(int fd, short what, void *arg)
{
	const struct timeval	 tv = { ROUND_MS / 1000, 0 };
	struct child		*c, *next;
	int64_t			 now = ping_clock(), late;

	/* If we were stopped, the children may have been, too. */
	late = now - ping.last - ROUND_MS;
	ping.last = now;
	for (c = TAILQ_FIRST(child_all()); c != NULL; c = next) {
		next = TAILQ_NEXT(c, c_entry);
		if (late > 0 && c->c_asked != 0)
			c->c_asked += late;
		ping_child(c, now);
	}
	evtimer_add(&ping.timer, &tv);
}

void
ping_start(void (*all)(void))
{
	ping.all = all;
	evtimer_set(&ping.timer, ping_round, NULL);
	ping.last = ping_clock() - ROUND_MS;
	ping_round(-1, 0, NULL);
}

/* Return whether every child has answered at least once. */
static int
ping_all(void)
{
	struct child	*c;

	TAILQ_FOREACH(c, child_all(), c_entry)
		if (!c->c_configured || !c->c_answered)
			return (0);
	return (1);
}

struct verdict
ping_answered(struct child *c)
{
	if (c->c_asked == 0)
		return (DROP("unexpected answer"));
	c->c_asked = 0;
	c->c_answered = 1;
	if (!ping.answered && ping_all()) {
		ping.answered = 1;
		ping.all();
	}
	return (TAKEN);
}
