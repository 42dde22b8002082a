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
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}
