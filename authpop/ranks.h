/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks that wait, by rank (records.h) and in a rank by source (crowd.h):
 * whose turn it is, and who gives way.  No rank can lock out another: every
 * TURNS_EACH turns the next lower one that waits has one, and unknown and
 * suspect sources have some places that better ones leave to them.
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
	unsigned int	 rk_passed[RANKS];	/* turns since a lower rank had
						   one */
};

/* Empty ones, and the end of empty ones; fatal if there is no memory. */
void		 ranks_init(struct ranks *);
void		 ranks_free(struct ranks *);

/* Whether any check waits. */
int		 ranks_any(const struct ranks *);

/* The check whose turn it is, or NULL.  It stays. */
struct check	*ranks_turn(struct ranks *);

/*
 * Who gives way to a check of this rank and source where so many places are
 * kept for each of the two ranks; NULL: nobody does.  It stays.
 */
struct check	*ranks_displace(const struct ranks *, enum rank,
		    const struct source *, size_t kept);

#endif
