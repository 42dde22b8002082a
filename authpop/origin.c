/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Failed logins by source.  In: failed logins.  Out: whether a source or its
 * network has failed too often, and the resulting delay.
 */

#include <sys/types.h>
#include <sys/tree.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "origin.h"
#include "penalty.h"
#include "source.h"

/* A wrong password, hashed. */
struct guess {
	uint64_t		 gu_hash;
	uint64_t		 gu_pair;	/* 0: cannot be forgiven */
	uint64_t		 gu_when;
};

/* A source or, at levels above 0, a network, which has no guesses. */
struct origin {
	RB_ENTRY(origin)	 or_node;
	RB_ENTRY(origin)	 or_order;
	struct source_key	 or_key;
	unsigned int		 or_level;
	struct penalty		 or_penalty;
	uint64_t		 or_end;	/* of the penalty */
	uint64_t		 or_failed;	/* the last one; 0: never */
	struct guess		*or_guesses;	/* FAILURE_GUESSES, a ring */
	unsigned int		 or_next;	/* place for the next guess */
};

RB_HEAD(origin_tree, origin);
RB_HEAD(origin_ends, origin);

struct origins {
	struct origin_tree	 os_tree;
	struct origin_ends	 os_ends;
	size_t			 os_count;
};

static int
origin_compare(const struct origin *a, const struct origin *b)
{
	if (a->or_level != b->or_level)
		return (a->or_level < b->or_level ? -1 : 1);
	return (memcmp(&a->or_key, &b->or_key, sizeof(a->or_key)));
}

static int
origin_compare_end(const struct origin *a, const struct origin *b)
{
	if (a->or_end != b->or_end)
		return (a->or_end < b->or_end ? -1 : 1);
	return (origin_compare(a, b));
}

RB_PROTOTYPE(origin_tree, origin, or_node, origin_compare)
RB_GENERATE(origin_tree, origin, or_node, origin_compare)
RB_PROTOTYPE(origin_ends, origin, or_order, origin_compare_end)
RB_GENERATE(origin_ends, origin, or_order, origin_compare_end)

struct origins *
origin_new(void)
{
	struct origins	*os;

	if ((os = calloc(1, sizeof(*os))) == NULL)
		fatal("calloc");
	RB_INIT(&os->os_tree);
	RB_INIT(&os->os_ends);
	return (os);
}

static struct origin *
origin_find(struct origins *os, const struct source *source,
    unsigned int level)
{
	struct origin	 key;

	memset(&key, 0, sizeof(key));
	source_net(source, level, &key.or_key);
	key.or_level = level;
	return (RB_FIND(origin_tree, &os->os_tree, &key));
}

static void
origin_drop(struct origins *os, struct origin *or)
{
	RB_REMOVE(origin_tree, &os->os_tree, or);
	RB_REMOVE(origin_ends, &os->os_ends, or);
	os->os_count--;
	freezero(or->or_guesses, FAILURE_GUESSES * sizeof(*or->or_guesses));
	free(or);
}

/* Drop expired entries, and those of the earliest end if there are too many. */
static void
origin_tidy(struct origins *os, uint64_t now)
{
	struct origin	*or;

	while ((or = RB_MIN(origin_ends, &os->os_ends)) != NULL) {
		if (os->os_count < FAILURE_SOURCES && (now < or->or_end ||
		    now - or->or_failed < FAILURE_GUESS_MS))
			break;
		origin_drop(os, or);
	}
}

static struct origin *
origin_get(struct origins *os, const struct source *source,
    unsigned int level, uint64_t now)
{
	struct origin	*or;

	if ((or = origin_find(os, source, level)) != NULL)
		return (or);
	origin_tidy(os, now);
	if ((or = calloc(1, sizeof(*or))) == NULL)
		fatal("calloc");
	if (level == 0 && (or->or_guesses = calloc(FAILURE_GUESSES,
	    sizeof(*or->or_guesses))) == NULL)
		fatal("calloc");
	source_net(source, level, &or->or_key);
	or->or_level = level;
	or->or_end = now;
	RB_INSERT(origin_tree, &os->os_tree, or);
	RB_INSERT(origin_ends, &os->os_ends, or);
	os->os_count++;
	return (or);
}

/* Call after any change of its penalty. */
static void
origin_reorder(struct origins *os, struct origin *or)
{
	RB_REMOVE(origin_ends, &os->os_ends, or);
	or->or_end = penalty_end(&or->or_penalty, or->or_level);
	RB_INSERT(origin_ends, &os->os_ends, or);
}

static struct guess *
origin_guess(struct origin *or, uint64_t hash, uint64_t now)
{
	struct guess	*gu;
	unsigned int	 i;

	for (i = 0; i < FAILURE_GUESSES; i++) {
		gu = &or->or_guesses[i];
		if (gu->gu_hash == hash && now - gu->gu_when < FAILURE_GUESS_MS)
			return (gu);
	}
	return (NULL);
}

static void
origin_remember(struct origin *or, uint64_t pair, uint64_t hash, uint64_t now)
{
	struct guess	*gu;

	gu = &or->or_guesses[or->or_next++ % FAILURE_GUESSES];
	gu->gu_hash = hash;
	gu->gu_pair = pair;
	gu->gu_when = now;
}

/*
 * IPv4 has only one network: its second level equals its first.  Sources
 * without an address have none.
 */
static int
origin_has_level(const struct source *source, unsigned int level)
{
	return (source->so_version == 6 ||
	    (source->so_version == 4 && level < 2));
}

static void
origin_accuse(struct origins *os, const struct source *source, uint64_t now)
{
	struct origin	*or;
	unsigned int	 level;

	for (level = 1; level < SOURCE_LEVELS; level++) {
		if (!origin_has_level(source, level))
			continue;
		or = origin_get(os, source, level, now);
		or->or_failed = now;
		penalty_add(&or->or_penalty, level, now);
		origin_reorder(os, or);
	}
}

int
origin_failed(struct origins *os, const struct source *source, uint64_t pair,
    uint64_t guess, uint64_t now)
{
	struct origin	*or = origin_get(os, source, 0, now);
	int		 counted;

	or->or_failed = now;
	if (guess != 0 && origin_guess(or, guess, now) != NULL)
		return (0);
	counted = penalty_add(&or->or_penalty, 0, now);
	origin_reorder(os, or);
	/* What was not counted cannot be forgiven either. */
	if (guess != 0)
		origin_remember(or, counted ? pair : 0, guess, now);
	if (counted)
		origin_accuse(os, source, now);
	return (1);
}

/* Return how many of a user's failures are forgiven, each once. */
static unsigned int
origin_mistyped(struct origin *or, uint64_t pair)
{
	unsigned int	 count = 0, i;

	for (i = 0; i < FAILURE_GUESSES && count < FAILURES_FREE; i++)
		if (or->or_guesses[i].gu_pair == pair) {
			or->or_guesses[i].gu_pair = 0;
			count++;
		}
	return (count);
}

void
origin_forgive(struct origins *os, const struct source *source, uint64_t pair,
    uint64_t now)
{
	struct origin	*or;
	unsigned int	 count, level;

	if ((or = origin_find(os, source, 0)) == NULL ||
	    (count = origin_mistyped(or, pair)) == 0)
		return;
	for (level = 0; level < SOURCE_LEVELS; level++) {
		if ((or = origin_find(os, source, level)) == NULL)
			continue;
		penalty_forgive(&or->or_penalty, level, count, now);
		if (or->or_penalty.pn_count == 0)
			or->or_failed = 0;
		origin_reorder(os, or);
	}
}

int
origin_recent(struct origins *os, const struct source *source, uint64_t now)
{
	const struct origin	*or;

	return ((or = origin_find(os, source, 0)) != NULL &&
	    or->or_failed != 0 && now - or->or_failed < FAILURE_RECENT_MS);
}

int
origin_exceeded(struct origins *os, const struct source *source,
    unsigned int level, uint64_t now)
{
	const struct origin	*or;

	return ((or = origin_find(os, source, level)) != NULL &&
	    penalty_exceeded(&or->or_penalty, level, now));
}

uint64_t
origin_delay(struct origins *os, const struct source *source,
    unsigned int level, uint64_t now)
{
	const struct origin	*or;

	if ((or = origin_find(os, source, level)) == NULL)
		return (0);
	return (penalty_delay(&or->or_penalty, level, now));
}

struct penalty *
origin_penalty(struct origins *os, const struct source *source)
{
	struct origin	*or;

	return ((or = origin_find(os, source, 0)) == NULL ? NULL :
	    &or->or_penalty);
}

/* Order by end of the penalty is order by number of failures, too. */
size_t
origin_most_failed(struct origins *os, struct origin_row *rows, size_t max,
    uint64_t now)
{
	struct origin	*or;
	size_t		 n = 0;

	for (or = RB_MAX(origin_ends, &os->os_ends); or != NULL && n < max &&
	    or->or_end > now; or = RB_PREV(origin_ends, &os->os_ends, or)) {
		/* Skip users of trusted sources, which have no address. */
		if (or->or_level != 0 || or->or_key.sk_bytes[0] > 6)
			continue;
		source_of_key(&or->or_key, &rows[n].ow_source);
		rows[n++].ow_failures = penalty_count(&or->or_penalty, 0, now);
	}
	return (n);
}

void
origin_clear(struct origins *os, const struct source *source)
{
	struct origin	*or;
	unsigned int	 level;

	for (level = 0; level < SOURCE_LEVELS; level++)
		if ((or = origin_find(os, source, level)) != NULL)
			origin_drop(os, or);
}

size_t
origin_count(const struct origins *os)
{
	return (os->os_count);
}

void
origin_free(struct origins *os)
{
	struct origin	*or, *next;

	RB_FOREACH_SAFE(or, origin_tree, &os->os_tree, next)
		origin_drop(os, or);
	free(os);
}
