/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Asking the parent for peers.  See peerloss.h. */

#include <string.h>
#include <time.h>

#include "limits.h"
#include "log.h"
#include "peerloss.h"
#include "proc.h"

static struct {
	uint64_t	 gens[ROLE_MAX];	/* the last of each role */
	time_t		 asked[ROLE_MAX];	/* 0: not asked since */
} peerloss;

void
peerloss_have(const struct msg_peer *peer)
{
	peerloss.gens[peer->mp_role] = peer->mp_gen;
	peerloss.asked[peer->mp_role] = 0;
}

void
peerloss_ask(enum role role)
{
	struct msg_peer	 want;
	struct timespec	 now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		fatal("clock_gettime");
	if (peerloss.asked[role] != 0 &&
	    now.tv_sec - peerloss.asked[role] <= PEER_WANT_SECONDS)
		return;
	peerloss.asked[role] = now.tv_sec;
	memset(&want, 0, sizeof(want));
	want.mp_role = role;
	want.mp_gen = peerloss.gens[role];
	proc_send(MSG_PEER_WANT, &want, -1);
}
