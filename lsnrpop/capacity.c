/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* In: clients that log in and end.  Out: counts.  See capacity.h. */

#include <sys/types.h>

#include "capacity.h"
#include "client.h"
#include "limits.h"
#include "setting.h"

static struct {
	unsigned int	 sessions;	/* with a login */
	unsigned int	 sessions_max;
	unsigned int	 unauth_max;
	unsigned int	 tails;
} capacity;

void
capacity_limit(unsigned int max)
{
	unsigned int	 part = max / UNAUTH_PART, unauth;

	if (part < UNAUTH_MIN)
		part = max / 2 < UNAUTH_MIN ? max / 2 : UNAUTH_MIN;
	if ((unauth = setting(SETTING_CONNECTIONS)) == 0)
		unauth = part;
	if (unauth > max / 2)
		unauth = max / 2;
	capacity.unauth_max = unauth;
	/* A session has two descriptors: no more than with the usual share. */
	capacity.sessions_max = max - (unauth > part ? unauth : part);
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
