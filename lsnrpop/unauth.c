/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Groups of connections without a login.  See unauth.h.
 *
 * The groups form a tree: networks below the root, smaller ones below these,
 * then sources, which hold the connections.  A group keeps its parts in the
 * order in which they are displaced, and knows its first connection to be
 * displaced; so a change propagates from a source to the root only.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "limits.h"
#include "msg.h"
#include "source.h"
#include "unauth.h"

TAILQ_HEAD(members, unauth);
TAILQ_HEAD(ring, unauth_group);
RB_HEAD(unauth_parts, unauth_group);
RB_HEAD(unauth_names, unauth_group);

struct unauth_group {
	RB_ENTRY(unauth_group)	 ug_name;
	RB_ENTRY(unauth_group)	 ug_part;	/* in ug_parent's ug_parts */
	TAILQ_ENTRY(unauth_group) ug_turn;	/* in ug_parent's ring */
	struct unauth_group	*ug_parent;	/* NULL: the root */
	/* In order of displacement. */
	struct unauth_parts	 ug_parts[UNAUTH_RANKS];
	struct ring		 ug_ring;	/* parts with some ready */
	struct members		 ug_members[UNAUTH_RANKS];	/* a source's */
	unsigned int		 ug_kinds[UNAUTH_RANKS]; /* their number */
	struct members		 ug_ready;
	struct unauth		*ug_first;	/* first to be displaced, */
	uint64_t		 ug_since;	/* and its ua_since */
	unsigned int		 ug_count;
	unsigned int		 ug_nready;
	uint8_t			 ug_trusted;
	uint8_t			 ug_rank;
	uint8_t			 ug_level;	/* 0: a source */
	struct source_key	 ug_key;
};

#define ROOTS	2			/* untrusted, trusted */

static struct {
	struct unauth_group	 roots[ROOTS];
	unsigned int		 turn;		/* of which root */
	struct unauth_names	 names;
	uint64_t		 last;		/* last ua_since */
} unauth;

static int
name_compare(struct unauth_group *a, struct unauth_group *b)
{
	if (a->ug_trusted != b->ug_trusted)
		return (a->ug_trusted < b->ug_trusted ? -1 : 1);
	if (a->ug_level != b->ug_level)
		return (a->ug_level < b->ug_level ? -1 : 1);
	return (memcmp(&a->ug_key, &b->ug_key, sizeof(a->ug_key)));
}

/* All ug_since differ. */
static int
part_compare(struct unauth_group *a, struct unauth_group *b)
{
	if (a->ug_count != b->ug_count)
		return (a->ug_count > b->ug_count ? -1 : 1);
	return (a->ug_since < b->ug_since ? -1 : a->ug_since > b->ug_since);
}

RB_PROTOTYPE(unauth_names, unauth_group, ug_name, name_compare)
RB_GENERATE(unauth_names, unauth_group, ug_name, name_compare)
RB_PROTOTYPE(unauth_parts, unauth_group, ug_part, part_compare)
RB_GENERATE(unauth_parts, unauth_group, ug_part, part_compare)

static void
group_init(struct unauth_group *ug, unsigned int level, int trusted)
{
	int	 i;

	memset(ug, 0, sizeof(*ug));
	ug->ug_level = level;
	ug->ug_trusted = trusted;
	TAILQ_INIT(&ug->ug_ring);
	TAILQ_INIT(&ug->ug_ready);
	for (i = 0; i < UNAUTH_RANKS; i++) {
		RB_INIT(&ug->ug_parts[i]);
		TAILQ_INIT(&ug->ug_members[i]);
	}
}

void
unauth_init(void)
{
	int	 i;

	for (i = 0; i < ROOTS; i++)
		group_init(&unauth.roots[i], SOURCE_LEVELS, i);
	RB_INIT(&unauth.names);
}

static void
group_free(struct unauth_group *ug)
{
	RB_REMOVE(unauth_names, &unauth.names, ug);
	free(ug);
}

/* Return the group of a source at a level, made if needed.  NULL: no memory. */
static struct unauth_group *
group_get(const struct source *source, unsigned int level,
    struct unauth_group *parent)
{
	struct unauth_group	 wanted, *ug;

	wanted.ug_level = level;
	wanted.ug_trusted = parent->ug_trusted;
	source_net(source, level, &wanted.ug_key);
	if ((ug = RB_FIND(unauth_names, &unauth.names, &wanted)) != NULL)
		return (ug);
	if ((ug = malloc(sizeof(*ug))) == NULL)
		return (NULL);
	group_init(ug, level, parent->ug_trusted);
	ug->ug_key = wanted.ug_key;
	ug->ug_parent = parent;
	RB_INSERT(unauth_names, &unauth.names, ug);
	return (ug);
}

/*
 * Return the rank of which one is displaced first: the lowest with more than
 * its share.  A new connection passes through the lower ranks for a moment
 * each: if it were always the lowest, no new client would get past those that
 * stay in a higher one.
 */
static enum unauth_rank
rank_first(const unsigned int *count)
{
	unsigned int	 share = 0;
	int		 i;

	for (i = 0; i < UNAUTH_RANKS; i++)
		share += count[i];
	share /= UNAUTH_SHARE;
	if (share == 0)
		share = 1;
	for (i = 0; i < UNAUTH_RANKS; i++)
		if (count[i] > share)
			return (i);
	if (count[UNAUTH_IDLE] > 0)
		return (UNAUTH_IDLE);
	return (count[UNAUTH_SILENT] > 0 ? UNAUTH_SILENT : UNAUTH_WAITING);
}

/* Among the largest parts of a group; NULL: it is empty. */
static struct unauth *
group_first_part(struct unauth_group *ug)
{
	struct unauth_group	*first[UNAUTH_RANKS];
	unsigned int		 count[UNAUTH_RANKS], most = 0;
	int			 i;

	for (i = 0; i < UNAUTH_RANKS; i++) {
		first[i] = RB_MIN(unauth_parts, &ug->ug_parts[i]);
		if (first[i] != NULL && first[i]->ug_count > most)
			most = first[i]->ug_count;
	}
	for (i = 0; i < UNAUTH_RANKS; i++)
		count[i] = first[i] != NULL && first[i]->ug_count == most ?
		    ug->ug_kinds[i] : 0;
	i = rank_first(count);
	return (first[i] == NULL ? NULL : first[i]->ug_first);
}

static struct unauth *
group_first(struct unauth_group *ug)
{
	if (ug->ug_level > 0)
		return (group_first_part(ug));
	return (TAILQ_FIRST(&ug->ug_members[rank_first(ug->ug_kinds)]));
}

/* Add a group to its parent's parts, or remove it. */
static void
group_enter(struct unauth_group *ug)
{
	struct unauth_group	*parent = ug->ug_parent;

	RB_INSERT(unauth_parts, &parent->ug_parts[ug->ug_rank], ug);
	parent->ug_kinds[ug->ug_rank]++;
}

static void
group_leave(struct unauth_group *ug)
{
	struct unauth_group	*parent = ug->ug_parent;

	RB_REMOVE(unauth_parts, &parent->ug_parts[ug->ug_rank], ug);
	parent->ug_kinds[ug->ug_rank]--;
}

/*
 * The members of a source have changed, in number by change: reorder it and
 * all groups above.  Empty groups are freed.
 */
static void
group_settle(struct unauth_group *ug, int change)
{
	struct unauth_group	*parent;

	for (; ug != NULL; ug = parent) {
		parent = ug->ug_parent;
		if (parent != NULL && ug->ug_count > 0)
			group_leave(ug);
		ug->ug_count += change;
		if ((ug->ug_first = group_first(ug)) != NULL) {
			ug->ug_rank = ug->ug_first->ua_rank;
			ug->ug_since = ug->ug_first->ua_since;
		}
		if (parent != NULL && ug->ug_count > 0)
			group_enter(ug);
		else if (parent != NULL)
			group_free(ug);
	}
	count_gauge(GAUGE_UNAUTH, unauth_count());
}

static void
unauth_enter(struct unauth *ua, enum unauth_rank rank)
{
	ua->ua_rank = rank;
	ua->ua_since = ++unauth.last;
	ua->ua_group->ug_kinds[rank]++;
	TAILQ_INSERT_TAIL(&ua->ua_group->ug_members[rank], ua, ua_ranked);
}

static void
unauth_leave(struct unauth *ua)
{
	ua->ua_group->ug_kinds[ua->ua_rank]--;
	TAILQ_REMOVE(&ua->ua_group->ug_members[ua->ua_rank], ua, ua_ranked);
}

int
unauth_add(struct unauth *ua, const struct source *source, int trusted,
    void *owner)
{
	struct unauth_group	*root = &unauth.roots[trusted != 0];
	struct unauth_group	*ug, *above = root;
	unsigned int		 level;

	for (level = SOURCE_LEVELS; level > 0; level--) {
		if ((ug = group_get(source, level - 1, above)) == NULL)
			break;
		above = ug;
	}
	if (level > 0) {
		/* Free the groups made for it alone. */
		for (ug = above; ug != root && ug->ug_count == 0; ug = above) {
			above = ug->ug_parent;
			group_free(ug);
		}
		return (-1);
	}
	memset(ua, 0, sizeof(*ua));
	ua->ua_group = above;
	ua->ua_owner = owner;
	unauth_enter(ua, UNAUTH_SILENT);
	group_settle(above, 1);
	return (0);
}

void
unauth_rank(struct unauth *ua, enum unauth_rank rank)
{
	if (ua->ua_group == NULL || ua->ua_rank == rank)
		return;
	unauth_leave(ua);
	unauth_enter(ua, rank);
	group_settle(ua->ua_group, 0);
}

static void
unauth_unready(struct unauth *ua)
{
	struct unauth_group	*ug = ua->ua_group;

	if (!ua->ua_ready)
		return;
	ua->ua_ready = 0;
	TAILQ_REMOVE(&ug->ug_ready, ua, ua_turn);
	for (; ug != NULL; ug = ug->ug_parent)
		if (--ug->ug_nready == 0 && ug->ug_parent != NULL)
			TAILQ_REMOVE(&ug->ug_parent->ug_ring, ug, ug_turn);
}

void
unauth_remove(struct unauth *ua)
{
	struct unauth_group	*ug = ua->ua_group;

	if (ug == NULL)
		return;
	unauth_unready(ua);
	unauth_leave(ua);
	ua->ua_group = NULL;
	group_settle(ug, -1);
}

unsigned int
unauth_count(void)
{
	return (unauth.roots[0].ug_count + unauth.roots[1].ug_count);
}

unsigned int
unauth_source(const struct unauth *ua)
{
	return (ua->ua_group == NULL ? 0 : ua->ua_group->ug_count);
}

void *
unauth_first(unsigned int room)
{
	const struct unauth_group	*others = &unauth.roots[0];
	const struct unauth_group	*trusted = &unauth.roots[1];
	const struct unauth		*ua = others->ug_first;

	if (others->ug_count == 0 || trusted->ug_count > room / 2)
		ua = trusted->ug_first;
	return (ua == NULL ? NULL : ua->ua_owner);
}

void *
unauth_first_of(const struct unauth *ua)
{
	return (ua->ua_group->ug_first->ua_owner);
}

static int
group_larger(const void *a, const void *b)
{
	const struct unauth_group	*x = *(struct unauth_group *const *)a;
	const struct unauth_group	*y = *(struct unauth_group *const *)b;

	if (x->ug_count == y->ug_count)
		return (memcmp(&x->ug_key, &y->ug_key, sizeof(x->ug_key)));
	return (x->ug_count > y->ug_count ? -1 : 1);
}

size_t
unauth_most(struct msg_ask_source *rows, size_t max)
{
	struct unauth_group	**all, *ug;
	size_t			  i, n = 0;

	/* There are no more sources than connections. */
	if ((all = calloc(unauth_count() + 1, sizeof(*all))) == NULL)
		return (0);
	RB_FOREACH(ug, unauth_names, &unauth.names)
		if (ug->ug_level == 0 && ug->ug_count > 0)
			all[n++] = ug;
	qsort(all, n, sizeof(*all), group_larger);
	if (n > max)
		n = max;
	for (i = 0; i < n; i++) {
		memset(&rows[i], 0, sizeof(rows[i]));
		source_of_key(&all[i]->ug_key, &rows[i].aw_source);
		rows[i].aw_unauth = all[i]->ug_count;
	}
	free(all);
	return (n);
}

void
unauth_ready(struct unauth *ua)
{
	struct unauth_group	*ug = ua->ua_group;

	if (ug == NULL || ua->ua_ready)
		return;
	ua->ua_ready = 1;
	TAILQ_INSERT_TAIL(&ug->ug_ready, ua, ua_turn);
	for (; ug != NULL; ug = ug->ug_parent)
		if (ug->ug_nready++ == 0 && ug->ug_parent != NULL)
			TAILQ_INSERT_TAIL(&ug->ug_parent->ug_ring, ug, ug_turn);
}

void *
unauth_next(void)
{
	struct unauth_group	*ug, *part;
	struct unauth		*ua;
	int			 i;

	for (i = 0; i < ROOTS; i++) {
		ug = &unauth.roots[unauth.turn++ % ROOTS];
		if (ug->ug_nready > 0)
			break;
	}
	if (i == ROOTS)
		return (NULL);
	while (ug->ug_level > 0) {
		part = TAILQ_FIRST(&ug->ug_ring);
		TAILQ_REMOVE(&ug->ug_ring, part, ug_turn);
		TAILQ_INSERT_TAIL(&ug->ug_ring, part, ug_turn);
		ug = part;
	}
	ua = TAILQ_FIRST(&ug->ug_ready);
	unauth_unready(ua);
	return (ua->ua_owner);
}
