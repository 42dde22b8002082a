/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Counters.  See count.h.
 */

#include <string.h>

#include "count.h"

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

int
count_take(struct count_values *cv)
{
	int	 changed = count.changed;

	*cv = count.sums;
	memset(count.sums.cv_count, 0, sizeof(count.sums.cv_count));
	count.changed = 0;
	return (changed);
}

void
count_merge(const struct count_values *cv)
{
	int	 i;

	for (i = 0; i < COUNTS; i++)
		count.sums.cv_count[i] += cv->cv_count[i];
}

const struct count_values *
count_sums(void)
{
	return (&count.sums);
}
