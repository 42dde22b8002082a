/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Token buckets: limit how often something may happen per second, and how often
 * at once after a rest.
 */

#ifndef BUCKET_H
#define BUCKET_H

#include <time.h>

/* All zero: a full bucket. */
struct bucket {
	time_t		 bu_second;	/* when tokens last came back */
	unsigned int	 bu_spent;
};

/*
 * Take one of the tokens, at most burst; rate of them come back each second.
 * Return 0, or -1 if none is left.
 */
int	 bucket_spend(struct bucket *, unsigned int rate, unsigned int burst);

#endif
