/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* In: clients that log in and end.  Out: counts.  See capacity.h. */

#include <sys/types.h>

#include "capacity.h"
#include "client.h"

static struct {
	unsigned int	 sessions;	/* with a login */
	unsigned int	 sessions_max;
	unsigned int	 unauth_max;
	unsigned int	 tails;
} capacity;

void
capacity_limit(unsigned int sessions, unsigned int unauth)
{
	capacity.sessions_max = sessions;
	capacity.unauth_max = unauth;
}

int
capacity_room(void)
{
	return (capacity.sessions < capacity.sessions_max);
}

unsigned int
capacity_unauth(void)
{
	return (capacity.unauth_max);
}

unsigned int
capacity_tails(void)
{
	return (capacity.tails);
}

void
capacity_session(struct client *cl)
{
	cl->cl_flags |= CF_SESSION;
	capacity.sessions++;
}

void
capacity_tail(struct client *cl)
{
	cl->cl_flags ^= CF_SESSION | CF_TAIL;
	capacity.sessions--;
	capacity.tails++;
}

void
capacity_leave(const struct client *cl)
{
	if (cl->cl_flags & CF_SESSION)
		capacity.sessions--;
	if (cl->cl_flags & CF_TAIL)
		capacity.tails--;
}
