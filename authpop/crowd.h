/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks by source, added up by network: whose turn it is, and who has most.
 * Networks take turns, from the coarsest level down (see source_net()), so a
 * thousand sources of one network have the turns of one; and what gives way is
 * looked for in the same order.  Everything takes as many steps as there are
 * bits in the number of sources, whatever their addresses.
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

/* Part of a check for each crowd that it may be in; it is in one at a time. */
struct crowd_item {
	RB_ENTRY(crowd_item) ci_node;
	uint64_t	 ci_order;	/* among those of its source */
	struct group	*ci_leaf;	/* NULL: in none */
	struct check	*ci_check;
};

/* An empty crowd; fatal if there is no memory. */
struct crowd		*crowd_new(void);

/* Free an empty crowd. */
void			 crowd_free(struct crowd *);

/*
 * Put in an item of a source that is in none.  The lower its order, the sooner
 * is its turn among those of its source; the highest is the latest.
 */
void			 crowd_put(struct crowd *, const struct source *,
			    struct crowd_item *, uint64_t order);

/* Take out an item, if it is in a crowd. */
void			 crowd_take(struct crowd_item *);

/*
 * The first item of the source whose turn it is, or NULL.  It stays, and the
 * turn goes on to the next network.
 */
struct crowd_item	*crowd_turn(struct crowd *);

/* The latest item of whoever has most, or NULL. */
struct crowd_item	*crowd_latest(struct crowd *);

/*
 * The same for a source that wants a place: NULL unless somebody, a network or
 * a source in its own one, has at least two more than it has.
 */
struct crowd_item	*crowd_yield(struct crowd *, const struct source *);

/* The first item of a source and the next one of the same, or NULL. */
struct crowd_item	*crowd_first(struct crowd *, const struct source *);
struct crowd_item	*crowd_after(struct crowd_item *);

size_t			 crowd_count(const struct crowd *);

#endif
