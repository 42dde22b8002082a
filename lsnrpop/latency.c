/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Latencies.  See latency.h.
 */

#include "client.h"
#include "latency.h"
#include "monotime.h"

void
latency_begin(struct client *cl)
{
	cl->cl_asked = monotime_us();
}

void
latency_end(struct client *cl, enum latency what)
{
	if (cl->cl_asked == 0)
		return;
	count_latency(what, monotime_us() - cl->cl_asked);
	if (what == LATENCY_FIRST)
		cl->cl_asked = 0;
}
