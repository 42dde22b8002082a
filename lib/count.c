/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Counters.  See count.h.
 */

#include <string.h>

#include "count.h"

static const uint64_t	 steps[LATENCY_STEPS] = {
	1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000,
	1000000, 2000000, 10000000
};

static struct {
	struct count_values	 sums;
	int			 changed;
} count;

void
count_add(enum count what, uint64_t n)
{
	count.sums.cv_count[what] += n;
	count.changed = 1;
}

void
count_gauge(enum gauge what, uint64_t value)
{
	if (count.sums.cv_gauge[what] == value)
		return;
	count.sums.cv_gauge[what] = value;
	count.changed = 1;
}

void
count_latency(enum latency what, uint64_t us)
{
	struct count_latency	*ly = &count.sums.cv_latency[what];
	int			 i;

	for (i = 0; i < LATENCY_STEPS && us > steps[i]; i++)
		;
	ly->ly_step[i]++;
	ly->ly_us += us;
	count.changed = 1;
}

uint64_t
count_step(unsigned int i)
{
	return (steps[i]);
}

int
count_take(struct count_values *cv)
{
	int	 changed = count.changed;

	*cv = count.sums;
	memset(count.sums.cv_count, 0, sizeof(count.sums.cv_count));
	memset(count.sums.cv_latency, 0, sizeof(count.sums.cv_latency));
	count.changed = 0;
	return (changed);
}

void
count_merge(const struct count_values *cv)
{
	struct count_latency	*ly;
	int			 i, k;

	for (i = 0; i < COUNTS; i++)
		count.sums.cv_count[i] += cv->cv_count[i];
	for (i = 0; i < LATENCIES; i++) {
		ly = &count.sums.cv_latency[i];
		for (k = 0; k <= LATENCY_STEPS; k++)
			ly->ly_step[k] += cv->cv_latency[i].ly_step[k];
		ly->ly_us += cv->cv_latency[i].ly_us;
	}
}

const struct count_values *
count_sums(void)
{
	return (&count.sums);
}
