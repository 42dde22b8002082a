/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks grouped by source and network: whose turn it is, and who has most.
 * Networks take turns, from the coarsest level down (see source_net()), so a
 * thousand sources of one network get the turns of one; the one to be
 * displaced is found in the same order.  Every operation is O(log n) in the
 * number of sources, whatever their addresses.
 */

#ifndef CROWD_H
#define CROWD_H

#include <sys/types.h>
#include <sys/tree.h>
#include <stdint.h>

struct check;
struct crowd;
struct group;
struct source;

/* Part of a check, for a crowd it may be in. */
struct crowd_item {
	RB_ENTRY(crowd_item) ci_node;
	uint64_t	 ci_order;	/* among those of its source */
	struct group	*ci_leaf;	/* NULL: in no crowd */
	struct check	*ci_check;
};

/* Return an empty crowd; fatal without memory. */
struct crowd		*crowd_new(void);

/* Free an empty crowd. */
void			 crowd_free(struct crowd *);

/*
 * Add an item, which must be in no crowd.  Within a source the lowest order is
 * first; the highest is the latest.
 */
void			 crowd_put(struct crowd *, const struct source *,
			    struct crowd_item *, uint64_t order);

/* Remove an item, if it is in a crowd. */
void			 crowd_take(struct crowd_item *);

/*
 * Return the first item of the source whose turn it is, or NULL.  The item
 * stays; the turn passes to the next network.
 */
struct crowd_item	*crowd_turn(struct crowd *);

/* Return the latest item of the largest group, or NULL. */
struct crowd_item	*crowd_latest(struct crowd *);

/*
 * The same to make room for this source: NULL unless another network, or
 * another source of its own one, has at least two more.
 */
struct crowd_item	*crowd_displaced(struct crowd *, const struct source *);

/* Return the first item of a source, or the next one of the same, or NULL. */
struct crowd_item	*crowd_first(struct crowd *, const struct source *);
struct crowd_item	*crowd_after(struct crowd_item *);

size_t			 crowd_count(const struct crowd *);

#endif
