/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Failures that expire one by one, and the resulting delay.  How many are free
 * and what the next ones cost depends on the level of the source (see
 * source_net()); the numbers are in limits.h.  Times are milliseconds of the
 * monotonic clock.
 */

#ifndef PENALTY_H
#define PENALTY_H

#include <stdint.h>

/* Initialize with zeros: none counted. */
struct penalty {
	uint64_t	 pn_since;	/* from when the next one expires */
	unsigned int	 pn_count;	/* at pn_since */
	uint64_t	 pn_turn;	/* when the next delay may end */
};

/*
 * Count one more.  Return 0 if it was not, because the delay is at its
 * maximum.
 */
int		 penalty_add(struct penalty *, unsigned int level,
		    uint64_t now);

/* Forget count failures. */
void		 penalty_forgive(struct penalty *, unsigned int level,
		    unsigned int count, uint64_t now);

/* Return how many are not forgotten yet. */
unsigned int	 penalty_count(const struct penalty *, unsigned int level,
		    uint64_t now);

/* Return whether there are more than are free. */
int		 penalty_exceeded(const struct penalty *, unsigned int level,
		    uint64_t now);

/* Return the resulting delay in milliseconds. */
uint64_t	 penalty_delay(const struct penalty *, unsigned int level,
		    uint64_t now);

/*
 * Return when a check that came at a time may run: after its delay, and in its
 * turn.  penalty_run(): one runs; at_once delays run at the same time.
 */
uint64_t	 penalty_ready(const struct penalty *, unsigned int level,
		    uint64_t came, uint64_t now);
void		 penalty_run(struct penalty *, unsigned int level,
		    unsigned int at_once, uint64_t now);

/* Return when the last one expires. */
uint64_t	 penalty_end(const struct penalty *, unsigned int level);

#endif
