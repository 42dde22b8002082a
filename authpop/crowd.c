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
	RB_ENTRY(group)		 gr_node;	/* in its parent's trees */
	RB_ENTRY(group)		 gr_size;
	TAILQ_ENTRY(group)	 gr_entry;	/* and ring */
	struct group		*gr_parent;
	struct source_key	 gr_key;
	size_t			 gr_count;	/* items in it and below */
	struct group_tree	 gr_parts;
	struct group_sizes	 gr_sizes;
	struct group_ring	 gr_ring;	/* the next one first */
	struct item_tree	 gr_items;	/* of a source */
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
	return (memcmp(&a->gr_key, &b->gr_key, sizeof(a->gr_key)));
}

static int
group_compare_size(const struct group *a, const struct group *b)
{
	if (a->gr_count != b->gr_count)
		return (a->gr_count < b->gr_count ? -1 : 1);
	return (group_compare(a, b));
}

RB_PROTOTYPE(item_tree, crowd_item, ci_node, item_compare)
RB_GENERATE(item_tree, crowd_item, ci_node, item_compare)
RB_PROTOTYPE(group_tree, group, gr_node, group_compare)
RB_GENERATE(group_tree, group, gr_node, group_compare)
RB_PROTOTYPE(group_sizes, group, gr_size, group_compare_size)
RB_GENERATE(group_sizes, group, gr_size, group_compare_size)

static void
group_init(struct group *gr)
{
	RB_INIT(&gr->gr_parts);
	RB_INIT(&gr->gr_sizes);
	TAILQ_INIT(&gr->gr_ring);
	RB_INIT(&gr->gr_items);
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
group_part(struct group *gr, const struct source *source, unsigned int level)
{
	struct group	 key;

	source_net(source, level, &key.gr_key);
	return (RB_FIND(group_tree, &gr->gr_parts, &key));
}

static struct group *
group_add(struct group *parent, const struct source *source,
    unsigned int level)
{
	struct group	*gr;

	if ((gr = calloc(1, sizeof(*gr))) == NULL)
		fatal("calloc");
	group_init(gr);
	gr->gr_parent = parent;
	source_net(source, level, &gr->gr_key);
	RB_INSERT(group_tree, &parent->gr_parts, gr);
	RB_INSERT(group_sizes, &parent->gr_sizes, gr);
	TAILQ_INSERT_TAIL(&parent->gr_ring, gr, gr_entry);
	return (gr);
}

static void
group_remove(struct group *gr)
{
	RB_REMOVE(group_tree, &gr->gr_parent->gr_parts, gr);
	RB_REMOVE(group_sizes, &gr->gr_parent->gr_sizes, gr);
	TAILQ_REMOVE(&gr->gr_parent->gr_ring, gr, gr_entry);
	free(gr);
}

/* Set a group's count, and reorder it in its parent. */
static void
group_resize(struct group *gr, size_t count)
{
	if (gr->gr_parent != NULL)
		RB_REMOVE(group_sizes, &gr->gr_parent->gr_sizes, gr);
	gr->gr_count = count;
	if (gr->gr_parent != NULL)
		RB_INSERT(group_sizes, &gr->gr_parent->gr_sizes, gr);
}

void
crowd_put(struct crowd *cw, const struct source *source,
    struct crowd_item *ci, uint64_t order)
{
	struct group	*gr = &cw->cw_root, *part;
	unsigned int	 level = SOURCE_LEVELS;

	while (level-- > 0) {
		group_resize(gr, gr->gr_count + 1);
		if ((part = group_part(gr, source, level)) == NULL)
			part = group_add(gr, source, level);
		gr = part;
	}
	group_resize(gr, gr->gr_count + 1);
	ci->ci_order = order;
	ci->ci_leaf = gr;
	RB_INSERT(item_tree, &gr->gr_items, ci);
}

void
crowd_take(struct crowd_item *ci)
{
	struct group	*gr = ci->ci_leaf, *parent;

	if (gr == NULL)
		return;
	ci->ci_leaf = NULL;
	RB_REMOVE(item_tree, &gr->gr_items, ci);
	for (; gr != NULL; gr = parent) {
		parent = gr->gr_parent;
		group_resize(gr, gr->gr_count - 1);
		if (gr->gr_count == 0 && parent != NULL)
			group_remove(gr);
	}
}

struct crowd_item *
crowd_turn(struct crowd *cw)
{
	struct group	*gr = &cw->cw_root, *part;

	while ((part = TAILQ_FIRST(&gr->gr_ring)) != NULL) {
		TAILQ_REMOVE(&gr->gr_ring, part, gr_entry);
		TAILQ_INSERT_TAIL(&gr->gr_ring, part, gr_entry);
		gr = part;
	}
	return (RB_MIN(item_tree, &gr->gr_items));
}

static struct crowd_item *
group_latest(struct group *gr)
{
	struct group	*part;

	while ((part = RB_MAX(group_sizes, &gr->gr_sizes)) != NULL)
		gr = part;
	return (RB_MAX(item_tree, &gr->gr_items));
}

struct crowd_item *
crowd_latest(struct crowd *cw)
{
	return (group_latest(&cw->cw_root));
}

struct crowd_item *
crowd_yield(struct crowd *cw, const struct source *source)
{
	struct group	*gr = &cw->cw_root, *most, *own;
	unsigned int	 level = SOURCE_LEVELS;

	while (level-- > 0) {
		most = RB_MAX(group_sizes, &gr->gr_sizes);
		own = group_part(gr, source, level);
		if (most != NULL && most != own &&
		    most->gr_count >= (own == NULL ? 0 : own->gr_count) + 2)
			return (group_latest(most));
		if (own == NULL)
			return (NULL);
		gr = own;
	}
	return (NULL);
}

struct crowd_item *
crowd_first(struct crowd *cw, const struct source *source)
{
	struct group	*gr = &cw->cw_root;
	unsigned int	 level = SOURCE_LEVELS;

	while (level-- > 0)
		if ((gr = group_part(gr, source, level)) == NULL)
			return (NULL);
	return (RB_MIN(item_tree, &gr->gr_items));
}

struct crowd_item *
crowd_after(struct crowd_item *ci)
{
	return (RB_NEXT(item_tree, NULL, ci));
}

size_t
crowd_count(const struct crowd *cw)
{
	return (cw->cw_root.gr_count);
}
