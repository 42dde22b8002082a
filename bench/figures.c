/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Series of times: collect, sort, print as name=number. */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "load.h"

uint64_t
now_us(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return ((uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void
figures_add(struct figures *f, uint64_t us)
{
	if (f->fi_n == f->fi_size) {
		f->fi_size = f->fi_size == 0 ? 1024 : f->fi_size * 2;
		f->fi_v = reallocarray(f->fi_v, f->fi_size, sizeof(*f->fi_v));
		if (f->fi_v == NULL)
			err(1, "reallocarray");
	}
	f->fi_v[f->fi_n++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static int
compare(const void *a, const void *b)
{
	uint32_t	 x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y ? -1 : x > y);
}

void
figures_print(struct figures *f, const char *name)
{
	size_t	 n = f->fi_n;

	if (n == 0)
		return;
	qsort(f->fi_v, n, sizeof(*f->fi_v), compare);
	printf("%s_n=%zu\n%s_median=%u\n%s_p99=%u\n%s_max=%u\n",
	    name, n, name, f->fi_v[n / 2], name, f->fi_v[(n * 99) / 100],
	    name, f->fi_v[n - 1]);
}
