/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The other ends of the queue's channels.
 */

#ifndef PEER_H
#define PEER_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stdint.h>

#include "seal.h"

struct chan;
struct check;

/* A listener, popctl in place of one, or a checker. */
struct peer {
	LIST_ENTRY(peer)	 pe_entry;
	uint32_t		 pe_role;
	uint64_t		 pe_gen;
	struct chan		*pe_chan;
	char			 pe_name[48];
	uint64_t		 pe_last;	/* listener: highest si_num */
	struct seal_window	 pe_window;	/* and its nonces of SCRAM */
	struct seal_window	 pe_stamps;	/* and those of its own */
	struct check		*pe_check;	/* checker: what it works on */
	uint64_t		 pe_seq;	/* and its number */
	LIST_HEAD(, check)	 pe_proving;	/* checker: for which it waits
						   without working */
};

LIST_HEAD(peers, peer);

/* The listener of a generation, or NULL. */
struct peer	*peer_listener(struct peers *, uint64_t gen);

/*
 * The idle checker for a check: the user's own if it is idle, since that one
 * remembers his password; else another, which then does, too.  Nothing waits
 * for its own while another is idle.  NULL as a check: any.
 */
struct peer	*peer_idle(struct peers *, const struct check *);

#endif
