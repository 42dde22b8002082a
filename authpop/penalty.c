/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Counted failures.  In: one at a time.  Out: the resulting delay.
 */

#include <stdint.h>

#include "limits.h"
#include "penalty.h"
#include "source.h"

/* The delay for failures at a level. */
struct price {
	unsigned int	 pc_free;
	uint64_t	 pc_step;	/* ms for each that is not free */
	uint64_t	 pc_most;
	uint64_t	 pc_forget;
};

static const struct price prices[SOURCE_LEVELS] = {
	{ FAILURES_FREE, FAILURE_DELAY_MS, FAILURE_DELAY_MAX_MS,
	    FAILURE_FORGET_MS },
	{ NETWORK_FREE, NETWORK_DELAY_MS, NETWORK_DELAY_MAX_MS,
	    NETWORK_FORGET_MS },
	{ SITE_FREE, NETWORK_DELAY_MS, NETWORK_DELAY_MAX_MS,
	    NETWORK_FORGET_MS }
};

unsigned int
penalty_count(const struct penalty *pn, unsigned int level, uint64_t now)
{
	uint64_t	 gone;

	gone = (now - pn->pn_since) / prices[level].pc_forget;
	if (gone >= pn->pn_count)
		return (0);
	return (pn->pn_count - (unsigned int)gone);
}

/* Subtract what is forgotten; the time until the next remains. */
static void
penalty_settle(struct penalty *pn, unsigned int level, uint64_t now)
{
	uint64_t	 forget = prices[level].pc_forget;
	unsigned int	 left;

	if ((left = penalty_count(pn, level, now)) == 0)
		pn->pn_since = now;
	else
		pn->pn_since += (pn->pn_count - left) * forget;
	pn->pn_count = left;
}

int
penalty_add(struct penalty *pn, unsigned int level, uint64_t now)
{
	const struct price	*pc = &prices[level];

	penalty_settle(pn, level, now);
	if (pn->pn_count >= pc->pc_free + pc->pc_most / pc->pc_step)
		return (0);
	pn->pn_count++;
	return (1);
}

void
penalty_forgive(struct penalty *pn, unsigned int level, unsigned int count,
    uint64_t now)
{
	penalty_settle(pn, level, now);
	pn->pn_count -= count < pn->pn_count ? count : pn->pn_count;
}

int
penalty_exceeded(const struct penalty *pn, unsigned int level, uint64_t now)
{
	return (penalty_count(pn, level, now) > prices[level].pc_free);
}

uint64_t
penalty_delay(const struct penalty *pn, unsigned int level, uint64_t now)
{
	const struct price	*pc = &prices[level];
	unsigned int		 left = penalty_count(pn, level, now);

	if (left <= pc->pc_free)
		return (0);
	return ((left - pc->pc_free) * pc->pc_step);
}

uint64_t
penalty_ready(const struct penalty *pn, unsigned int level, uint64_t came,
    uint64_t now)
{
	uint64_t	 delay = penalty_delay(pn, level, now);

	if (delay == 0)
		return (came);
	return (came + delay > pn->pn_turn ? came + delay : pn->pn_turn);
}

void
penalty_run(struct penalty *pn, unsigned int level, unsigned int at_once,
    uint64_t now)
{
	if (pn->pn_turn < now)
		pn->pn_turn = now;
	pn->pn_turn += penalty_delay(pn, level, now) / at_once;
}

uint64_t
penalty_end(const struct penalty *pn, unsigned int level)
{
	return (pn->pn_since + pn->pn_count * prices[level].pc_forget);
}
