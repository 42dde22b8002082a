/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Token buckets.  See bucket.h.
 */

#include <time.h>

#include "bucket.h"

int
bucket_spend(struct bucket *bu, unsigned int rate, unsigned int burst)
{
	struct timespec	 now;
	time_t		 rest;

	clock_gettime(CLOCK_MONOTONIC, &now);
	rest = now.tv_sec - bu->bu_second;
	bu->bu_second = now.tv_sec;
	/* Compare before multiplying, which could overflow. */
	if (rest > (time_t)(bu->bu_spent / rate))
		bu->bu_spent = 0;
	else
		bu->bu_spent -= (unsigned int)rest * rate;
	if (bu->bu_spent >= burst) {
		/* The burst may have been larger last time. */
		bu->bu_spent = burst;
		return (-1);
	}
	bu->bu_spent++;
	return (0);
}
