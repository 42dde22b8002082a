/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks grouped by network.  In: checks with their source.  Out: the one
 * whose turn it is, and the one to be displaced.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "log.h"
#include "source.h"

TAILQ_HEAD(group_ring, group);
RB_HEAD(item_tree, crowd_item);
RB_HEAD(group_tree, group);
RB_HEAD(group_sizes, group);

/*
 * A source, or a network with its parts; the root is all networks.  Groups
 * other than the root exist only while they are not empty.
 */
struct group {
	RB_ENTRY(group)		 cwg_node;	/* in its parent's trees */
	RB_ENTRY(group)		 cwg_size;
	TAILQ_ENTRY(group)	 cwg_entry;	/* and ring */
	struct group		*cwg_parent;
	struct source_key	 cwg_key;
	size_t			 cwg_count;	/* items in it and below */
	struct group_tree	 cwg_parts;
	struct group_sizes	 cwg_sizes;
	struct group_ring	 cwg_ring;	/* the next one first */
	struct item_tree	 cwg_items;	/* of a source */
};

struct crowd {
	struct group		 cw_root;
};

static int
item_compare(const struct crowd_item *a, const struct crowd_item *b)
{
	if (a->ci_order != b->ci_order)
		return (a->ci_order < b->ci_order ? -1 : 1);
	/* Equal by chance: any stable order will do. */
	return ((uintptr_t)a < (uintptr_t)b ? -1 : (uintptr_t)a > (uintptr_t)b);
}

static int
group_compare(const struct group *a, const struct group *b)
{
	return (memcmp(&a->cwg_key, &b->cwg_key, sizeof(a->cwg_key)));
}

static int
group_compare_size(const struct group *a, const struct group *b)
{
	if (a->cwg_count != b->cwg_count)
		return (a->cwg_count < b->cwg_count ? -1 : 1);
	return (group_compare(a, b));
}

RB_PROTOTYPE(item_tree, crowd_item, ci_node, item_compare)
RB_GENERATE(item_tree, crowd_item, ci_node, item_compare)
RB_PROTOTYPE(group_tree, group, cwg_node, group_compare)
RB_GENERATE(group_tree, group, cwg_node, group_compare)
RB_PROTOTYPE(group_sizes, group, cwg_size, group_compare_size)
RB_GENERATE(group_sizes, group, cwg_size, group_compare_size)

static void
group_init(struct group *cwg)
{
	RB_INIT(&cwg->cwg_parts);
	RB_INIT(&cwg->cwg_sizes);
	TAILQ_INIT(&cwg->cwg_ring);
	RB_INIT(&cwg->cwg_items);
}

struct crowd *
crowd_new(void)
{
	struct crowd	*cw;

	if ((cw = calloc(1, sizeof(*cw))) == NULL)
		fatal("calloc");
	group_init(&cw->cw_root);
	return (cw);
}

void
crowd_free(struct crowd *cw)
{
	free(cw);
}

/* Return the part of a group that a source belongs to at a level, or NULL. */
static struct group *
group_part(struct group *cwg, const struct source *source, unsigned int level)
{
	struct group	 key;

	source_net(source, level, &key.cwg_key);
	return (RB_FIND(group_tree, &cwg->cwg_parts, &key));
}

static struct group *
group_add(struct group *parent, const struct source *source,
    unsigned int level)
{
	struct group	*cwg;

	if ((cwg = calloc(1, sizeof(*cwg))) == NULL)
		fatal("calloc");
	group_init(cwg);
	cwg->cwg_parent = parent;
	source_net(source, level, &cwg->cwg_key);
	RB_INSERT(group_tree, &parent->cwg_parts, cwg);
	RB_INSERT(group_sizes, &parent->cwg_sizes, cwg);
	TAILQ_INSERT_TAIL(&parent->cwg_ring, cwg, cwg_entry);
	return (cwg);
}

static void
group_remove(struct group *cwg)
{
	RB_REMOVE(group_tree, &cwg->cwg_parent->cwg_parts, cwg);
	RB_REMOVE(group_sizes, &cwg->cwg_parent->cwg_sizes, cwg);
	TAILQ_REMOVE(&cwg->cwg_parent->cwg_ring, cwg, cwg_entry);
	free(cwg);
}

/* Set a group's count, and reorder it in its parent. */
static void
group_resize(struct group *cwg, size_t count)
{
	if (cwg->cwg_parent != NULL)
		RB_REMOVE(group_sizes, &cwg->cwg_parent->cwg_sizes, cwg);
	cwg->cwg_count = count;
	if (cwg->cwg_parent != NULL)
		RB_INSERT(group_sizes, &cwg->cwg_parent->cwg_sizes, cwg);
}

void
crowd_put(struct crowd *cw, const struct source *source,
    struct crowd_item *ci, uint64_t order)
{
	struct group	*cwg = &cw->cw_root, *part;
	unsigned int	 level = SOURCE_LEVELS;

	while (level-- > 0) {
		group_resize(cwg, cwg->cwg_count + 1);
		if ((part = group_part(cwg, source, level)) == NULL)
			part = group_add(cwg, source, level);
		cwg = part;
	}
	group_resize(cwg, cwg->cwg_count + 1);
	ci->ci_order = order;
	ci->ci_leaf = cwg;
	RB_INSERT(item_tree, &cwg->cwg_items, ci);
}

void
crowd_take(struct crowd_item *ci)
{
	struct group	*cwg = ci->ci_leaf, *parent;

	if (cwg == NULL)
		return;
	ci->ci_leaf = NULL;
	RB_REMOVE(item_tree, &cwg->cwg_items, ci);
	for (; cwg != NULL; cwg = parent) {
		parent = cwg->cwg_parent;
		group_resize(cwg, cwg->cwg_count - 1);
		if (cwg->cwg_count == 0 && parent != NULL)
			group_remove(cwg);
	}
}

struct crowd_item *
crowd_turn(struct crowd *cw)
{
	struct group	*cwg = &cw->cw_root, *part;

	while ((part = TAILQ_FIRST(&cwg->cwg_ring)) != NULL) {
		TAILQ_REMOVE(&cwg->cwg_ring, part, cwg_entry);
		TAILQ_INSERT_TAIL(&cwg->cwg_ring, part, cwg_entry);
		cwg = part;
	}
	return (RB_MIN(item_tree, &cwg->cwg_items));
}

static struct crowd_item *
group_latest(struct group *cwg)
{
	struct group	*part;

	while ((part = RB_MAX(group_sizes, &cwg->cwg_sizes)) != NULL)
		cwg = part;
	return (RB_MAX(item_tree, &cwg->cwg_items));
}

struct crowd_item *
crowd_latest(struct crowd *cw)
{
	return (group_latest(&cw->cw_root));
}

struct crowd_item *
crowd_displaced(struct crowd *cw, const struct source *source)
{
	struct group	*cwg = &cw->cw_root, *most, *own;
	unsigned int	 level = SOURCE_LEVELS;

	while (level-- > 0) {
		most = RB_MAX(group_sizes, &cwg->cwg_sizes);
		own = group_part(cwg, source, level);
		if (most != NULL && most != own &&
		    most->cwg_count >= (own == NULL ? 0 : own->cwg_count) + 2)
			return (group_latest(most));
		if (own == NULL)
			return (NULL);
		cwg = own;
	}
	return (NULL);
}

struct crowd_item *
crowd_first(struct crowd *cw, const struct source *source)
{
	struct group	*cwg = &cw->cw_root;
	unsigned int	 level = SOURCE_LEVELS;

	while (level-- > 0)
		if ((cwg = group_part(cwg, source, level)) == NULL)
			return (NULL);
	return (RB_MIN(item_tree, &cwg->cwg_items));
}

struct crowd_item *
crowd_after(struct crowd_item *ci)
{
	return (RB_NEXT(item_tree, NULL, ci));
}

size_t
crowd_count(const struct crowd *cw)
{
	return (cw->cw_root.cwg_count);
}
