/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Failures that are forgotten one by one, and the delay that they cost.  What
 * is free and what follows depends on the level of the source that they are
 * counted for (see source_net()); the numbers are in limits.h.  Times are
 * milliseconds of a clock that never goes back.
 */

#ifndef PENALTY_H
#define PENALTY_H

#include <stdint.h>

/* Zeroed, it has counted nothing. */
struct penalty {
	uint64_t	pn_since;	/* from when the next is forgotten */
	unsigned int	pn_count;	/* at pn_since */
};

/*
 * Count one more.  Returns 0 if it was not counted, as the delay is at its
 * longest already.
 */
int		 penalty_add(struct penalty *, unsigned int level,
		    uint64_t now);

/* Forget so many at once. */
void		 penalty_forgive(struct penalty *, unsigned int level,
		    unsigned int count, uint64_t now);

/* How many are not forgotten yet. */
unsigned int	 penalty_count(const struct penalty *, unsigned int level,
		    uint64_t now);

/* More than are free. */
int		 penalty_guilty(const struct penalty *, unsigned int level,
		    uint64_t now);

/* The delay that they cost, in milliseconds. */
uint64_t	 penalty_delay(const struct penalty *, unsigned int level,
		    uint64_t now);

/* When the last one is forgotten. */
uint64_t	 penalty_end(const struct penalty *, unsigned int level);

#endif
