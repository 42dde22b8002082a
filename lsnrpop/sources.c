/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Counters by source, in a tree: no choice of addresses makes it slow.
 */

#include <sys/types.h>
#include <sys/tree.h>

#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "sources.h"

struct counter {
	RB_ENTRY(counter)	 co_entry;
	struct source_key	 co_key;
	unsigned int		 co_count;
};

static int
counter_compare(struct counter *a, struct counter *b)
{
	return (memcmp(&a->co_key, &b->co_key, sizeof(a->co_key)));
}

RB_HEAD(counters, counter);
RB_PROTOTYPE(counters, counter, co_entry, counter_compare)
RB_GENERATE(counters, counter, co_entry, counter_compare)

static struct counters counters = RB_INITIALIZER(&counters);

static struct counter *
sources_find(const struct source *source)
{
	struct counter	 wanted;

	memset(&wanted, 0, sizeof(wanted));
	source_key(source, &wanted.co_key);
	return (RB_FIND(counters, &counters, &wanted));
}

int
sources_add(const struct source *source, unsigned int max)
{
	struct counter	*co;

	if ((co = sources_find(source)) == NULL) {
		if ((co = calloc(1, sizeof(*co))) == NULL)
			return (-1);
		source_key(source, &co->co_key);
		RB_INSERT(counters, &counters, co);
	} else if (co->co_count >= max)
		return (-1);
	co->co_count++;
	return (0);
}

void
sources_remove(const struct source *source)
{
	struct counter	*co;

	if ((co = sources_find(source)) == NULL || --co->co_count > 0)
		return;
	RB_REMOVE(counters, &counters, co);
	free(co);
}
