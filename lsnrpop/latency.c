/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Latencies.  See latency.h.
 */

#include <time.h>

#include "client.h"
#include "latency.h"
#include "log.h"

static uint64_t
latency_clock(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void
latency_begin(struct client *cl)
{
	cl->cl_asked = latency_clock();
}

void
latency_end(struct client *cl, enum latency what)
{
	if (cl->cl_asked == 0)
		return;
	count_latency(what, latency_clock() - cl->cl_asked);
	if (what == LATENCY_FIRST)
		cl->cl_asked = 0;
}
