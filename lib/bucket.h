/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Token buckets: how often something may happen, in a second and at once
 * after a rest.
 */

#ifndef BUCKET_H
#define BUCKET_H

#include <time.h>

/* All zero: one that is full. */
struct bucket {
	time_t		 bu_second;	/* of the last tokens that came back */
	unsigned int	 bu_spent;
};

/*
 * Take a token of the burst that it holds; rate of them come back in each
 * second.  0, or -1 if there is none.
 */
int	 bucket_spend(struct bucket *, unsigned int rate, unsigned int burst);

#endif
