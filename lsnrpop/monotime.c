/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The monotonic clock.  See monotime.h. */

#include <sys/types.h>

#include <stdint.h>
#include <time.h>

#include "log.h"
#include "monotime.h"

int64_t
monotime_ms(void)
{
	return ((int64_t)(monotime_us() / 1000));
}

uint64_t
monotime_us(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}
