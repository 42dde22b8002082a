/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Peers of the queue, and their channels.
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
	struct seal_window	 pe_stamps;	/* its stamps */
	struct check		*pe_check;	/* checker: what it works on */
	uint64_t		 pe_seq;	/* its number */
	LIST_HEAD(, check)	 pe_kept;	/* checker: waits for tables,
						   or for its cache */
};

LIST_HEAD(peers, peer);

/* Return the listener of a generation, or NULL. */
struct peer	*peer_listener(struct peers *, uint64_t gen);

/*
 * Return an idle checker for a check: preferably the user's own, which has
 * their password in its cache, else another, which then caches it, too.  No
 * check waits while any checker is idle.  A NULL check: any.
 */
struct peer	*peer_idle(struct peers *, const struct check *);

/* Return the user's own, idle or not, or NULL. */
struct peer	*peer_own(struct peers *, const struct check *);

/* Remember, besides the one it works on, a check with this number. */
void		 peer_keep(struct peer *, struct check *, uint64_t seq);

/* Return the check of a checker with this number, or NULL; forget it. */
struct check	*peer_find(struct peer *, uint64_t seq);
void		 peer_take(struct peer *, struct check *);

/*
 * Cancel a check of a listener at a checker, or with num 0 all; no other will
 * get its password.
 */
void		 peer_cancel(struct peer *, uint64_t gen, uint64_t num);

#endif
