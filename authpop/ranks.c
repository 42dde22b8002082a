/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Crowds by rank, best first.  See ranks.h.
 */

#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "crowd.h"
#include "limits.h"
#include "ranks.h"

void
ranks_init(struct ranks *rk)
{
	int	 rank;

	memset(rk, 0, sizeof(*rk));
	for (rank = 0; rank < RANKS; rank++)
		rk->rk_crowds[rank] = crowd_new();
}

void
ranks_free(struct ranks *rk)
{
	int	 rank;

	for (rank = 0; rank < RANKS; rank++)
		crowd_free(rk->rk_crowds[rank]);
}

static int
ranks_lower(const struct ranks *rk, int rank)
{
	while (++rank < RANKS)
		if (crowd_count(rk->rk_crowds[rank]) > 0)
			return (1);
	return (0);
}

int
ranks_any(const struct ranks *rk)
{
	return (ranks_lower(rk, -1));
}

/* Of the best rank, or every TURNS_EACH turns of a lower one. */
struct check *
ranks_turn(struct ranks *rk)
{
	int	 rank;

	for (rank = 0; rank < RANKS; rank++) {
		if (crowd_count(rk->rk_crowds[rank]) == 0)
			continue;
		if (ranks_lower(rk, rank) &&
		    ++rk->rk_passed[rank] >= TURNS_EACH) {
			rk->rk_passed[rank] = 0;
			continue;
		}
		return (crowd_turn(rk->rk_crowds[rank])->ci_check);
	}
	return (NULL);
}

/* Return how many places of a rank are reserved. */
static size_t
ranks_kept(int rank, size_t kept)
{
	return (rank == RANK_UNKNOWN || rank == RANK_SUSPECT ? kept : 0);
}

/* Return the latest of the largest group, in ranks from one down to another. */
static struct crowd_item *
ranks_latest(const struct ranks *rk, int from, int to, size_t kept)
{
	int	 rank;

	for (rank = from; rank >= to; rank--)
		if (crowd_count(rk->rk_crowds[rank]) > ranks_kept(rank, kept))
			return (crowd_latest(rk->rk_crowds[rank]));
	return (NULL);
}

struct check *
ranks_displace(const struct ranks *rk, enum rank rank,
    const struct source *source, size_t kept)
{
	struct crowd_item	*ci;
	int			 own = (int)rank;

	ci = ranks_latest(rk, RANKS - 1, own + 1, kept);
	if (ci == NULL &&
	    crowd_count(rk->rk_crowds[own]) < ranks_kept(own, kept))
		ci = ranks_latest(rk, own - 1, 0, kept);
	if (ci == NULL)
		ci = crowd_displaced(rk->rk_crowds[own], source);
	return (ci == NULL ? NULL : ci->ci_check);
}
