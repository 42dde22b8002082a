/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Peers that hung up.  See missing.h. */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>

#include "limits.h"
#include "log.h"
#include "missing.h"

static struct {
	struct event	 timer;
	int		 running;
} peers[ROLE_MAX];

static void
missing_timeout(int fd, short what, void *arg)
{
	const enum role	*role = arg;

	fatalx("%s hung up on this listener and no other has come",
	    role_name(*role));
}

void
missing_begin(enum role role)
{
	static enum role	 roles[ROLE_MAX];
	const struct timeval	 tv = { SUCCESSOR_SECONDS, 0 };

	if (peers[role].running)
		return;
	roles[role] = role;
	evtimer_set(&peers[role].timer, missing_timeout, &roles[role]);
	evtimer_add(&peers[role].timer, &tv);
	peers[role].running = 1;
}

void
missing_end(enum role role)
{
	if (peers[role].running)
		evtimer_del(&peers[role].timer);
	peers[role].running = 0;
}
