/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Waiting checks, by rank (records.h) and within a rank by source (crowd.h):
 * whose turn it is, and which is displaced.  No rank can lock out another:
 * every TURNS_EACH turns the next lower one that waits gets one, and unknown
 * and suspect sources have some reserved places.
 */

#ifndef RANKS_H
#define RANKS_H

#include <stddef.h>

#include "records.h"

struct check;
struct crowd;
struct source;

struct ranks {
	struct crowd	*rk_crowds[RANKS];
	unsigned int	 rk_passed[RANKS];	/* turns since a lower rank
						   had one */
};

/* Initialize with empty crowds, fatal without memory; or free them. */
void		 ranks_init(struct ranks *);
void		 ranks_free(struct ranks *);

/* Return whether any check waits. */
int		 ranks_any(const struct ranks *);

/* Return the check whose turn it is, or NULL.  It stays. */
struct check	*ranks_turn(struct ranks *);

/*
 * Return the check displaced by one of this rank and source, if kept places
 * are reserved for each of the two ranks, or NULL.  It stays.
 */
struct check	*ranks_displace(const struct ranks *, enum rank,
		    const struct source *, size_t kept);

#endif
