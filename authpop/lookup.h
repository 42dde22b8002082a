/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks that need tabpop before a checker can decide.
 */

#ifndef LOOKUP_H
#define LOOKUP_H

#include <stdint.h>

#include "msg.h"

struct check;

/*
 * The lookup of a check has ended, and the receiver owns the check: LOOK_TEMP,
 * NONE, PROVE if a table must check the password, or FOUND if tabpop has
 * anything else for a checker.
 */
typedef void lookup_done(struct check *, enum look_result);

/*
 * Initialize with a clock, of milliseconds; call once, before the event loop.
 */
void	 lookup_start(lookup_done *, uint64_t (*now)(void));

/* Set the socket to tabpop; lookups of the previous one end with LOOK_TEMP. */
void	 lookup_peer(int fd);

/* Return whether tabpop is connected. */
int	 lookup_ready(void);

/*
 * Look up the user of a check, which is taken over: as many at once as tabpop
 * answers within LOOKUP_MS, the rest by rank and, within a rank, by source.
 * If too many wait, the latest of the largest group ends at once with
 * LOOK_TEMP; it may be this one.
 */
void	 lookup_add(struct check *);

/*
 * Have tabpop give its answer to the checker of this generation, for this
 * check.  Return 0, or -1 if tabpop is not connected.
 */
int	 lookup_give(const struct check *, uint64_t checker, uint64_t seq);

/* Cancel the lookup of a check, or all of a listener. */
void	 lookup_cancel(const struct session_id *);
void	 lookup_forget(uint64_t gen);

#endif
