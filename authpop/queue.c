/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The fair queue.  In: checks as listeners send them, and failures.  Out:
 * one check at a time, of the source whose turn it is.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "msg.h"
#include "queue.h"
#include "source.h"
#include "table.h"

TAILQ_HEAD(checks, check);

/*
 * One source, kept while checks of it wait or failures are remembered.  It
 * is in the ring of those whose checks wait, or else in the list of those
 * that are only remembered, the last one to be heard of at its end.
 */
struct origin {
	RB_ENTRY(origin)	 or_node;
	TAILQ_ENTRY(origin)	 or_entry;
	struct source_key	 or_key;
	struct checks		 or_checks;
	unsigned int		 or_waiting;
	unsigned int		 or_failures;	/* at or_counted */
	uint64_t		 or_counted;
};

RB_HEAD(origin_tree, origin);
TAILQ_HEAD(origins, origin);

struct queue {
	struct origin_tree	 qu_tree;	/* all of them */
	struct origins		 qu_ring;	/* with checks; first is next */
	struct origins		 qu_idle;	/* without */
	size_t			 qu_origins;
	size_t			 qu_waiting;
};

static int
origin_cmp(const struct origin *a, const struct origin *b)
{
	return memcmp(&a->or_key, &b->or_key, sizeof(a->or_key));
}

RB_PROTOTYPE(origin_tree, origin, or_node, origin_cmp)
RB_GENERATE(origin_tree, origin, or_node, origin_cmp)

struct queue *
queue_new(void)
{
	struct queue	*qu;

	if ((qu = calloc(1, sizeof(*qu))) == NULL)
		fatal("calloc");
	RB_INIT(&qu->qu_tree);
	TAILQ_INIT(&qu->qu_ring);
	TAILQ_INIT(&qu->qu_idle);
	return qu;
}

void
check_free(struct check *ck)
{
	freezero(ck, sizeof(*ck));
}

static struct origin *
origin_find(struct queue *qu, const struct source *source)
{
	struct origin	 key;

	source_key(source, &key.or_key);
	return RB_FIND(origin_tree, &qu->qu_tree, &key);
}

/* Forget a source of which nothing waits. */
static void
origin_drop(struct queue *qu, struct origin *or)
{
	TAILQ_REMOVE(&qu->qu_idle, or, or_entry);
	RB_REMOVE(origin_tree, &qu->qu_tree, or);
	qu->qu_origins--;
	free(or);
}

/* What is left of a source's failures now. */
static unsigned int
origin_failures(const struct origin *or, uint64_t now)
{
	uint64_t	 gone = (now - or->or_counted) / FAILURE_FORGET_MS;

	return gone >= or->or_failures ? 0 :
	    or->or_failures - (unsigned int)gone;
}

/*
 * Find a source or begin to remember it.  When too many are, those go first
 * that have not been heard of for the longest time.
 */
static struct origin *
origin_get(struct queue *qu, const struct source *source, uint64_t now)
{
	struct origin	*or;

	if ((or = origin_find(qu, source)) != NULL)
		return or;
	while ((or = TAILQ_FIRST(&qu->qu_idle)) != NULL &&
	    (qu->qu_origins >= FAILURE_SOURCES ||
	    origin_failures(or, now) == 0))
		origin_drop(qu, or);
	if ((or = calloc(1, sizeof(*or))) == NULL)
		fatal("calloc");
	source_key(source, &or->or_key);
	TAILQ_INIT(&or->or_checks);
	or->or_counted = now;
	RB_INSERT(origin_tree, &qu->qu_tree, or);
	TAILQ_INSERT_TAIL(&qu->qu_idle, or, or_entry);
	qu->qu_origins++;
	return or;
}

static void
origin_put(struct queue *qu, struct origin *or, struct check *ck)
{
	if (or->or_waiting++ == 0) {
		TAILQ_REMOVE(&qu->qu_idle, or, or_entry);
		TAILQ_INSERT_TAIL(&qu->qu_ring, or, or_entry);
	}
	TAILQ_INSERT_TAIL(&or->or_checks, ck, ck_entry);
	qu->qu_waiting++;
}

static void
origin_take(struct queue *qu, struct origin *or, struct check *ck)
{
	TAILQ_REMOVE(&or->or_checks, ck, ck_entry);
	qu->qu_waiting--;
	if (--or->or_waiting > 0)
		return;
	TAILQ_REMOVE(&qu->qu_ring, or, or_entry);
	if (or->or_failures > 0)
		TAILQ_INSERT_TAIL(&qu->qu_idle, or, or_entry);
	else {
		TAILQ_INSERT_HEAD(&qu->qu_idle, or, or_entry);
		origin_drop(qu, or);
	}
}

static uint64_t
origin_delay(const struct origin *or, uint64_t now)
{
	uint64_t	 ms;
	unsigned int	 n = origin_failures(or, now);

	if (n <= FAILURES_FREE)
		return 0;
	ms = (uint64_t)(n - FAILURES_FREE) * FAILURE_DELAY_MS;
	return ms < FAILURE_DELAY_MAX_MS ? ms : FAILURE_DELAY_MAX_MS;
}

/* How many checks of a source, known or not, may wait. */
static unsigned int
origin_room(const struct origin *or, uint64_t now)
{
	return or != NULL && origin_delay(or, now) > 0 ? CHECKS_PER_GUESSER :
	    CHECKS_PER_SOURCE;
}

/* The newest check of the source with most, if that is more than mine + 1. */
static struct check *
queue_displace(struct queue *qu, unsigned int mine)
{
	struct origin	*or, *most = NULL;
	struct check	*ck;

	TAILQ_FOREACH(or, &qu->qu_ring, or_entry)
		if (most == NULL || or->or_waiting > most->or_waiting)
			most = or;
	if (most == NULL || most->or_waiting <= mine + 1)
		return NULL;
	ck = TAILQ_LAST(&most->or_checks, checks);
	origin_take(qu, most, ck);
	return ck;
}

int
queue_add(struct queue *qu, const struct msg_auth_check *mac, uint64_t now,
    struct check **displaced)
{
	struct origin	*or;
	struct check	*ck;
	unsigned int	 mine;

	*displaced = NULL;
	or = origin_find(qu, &mac->mac_source);
	mine = or == NULL ? 0 : or->or_waiting;
	if (mine >= origin_room(or, now))
		return -1;
	if (qu->qu_waiting >= CHECKS_WAITING &&
	    (*displaced = queue_displace(qu, mine)) == NULL)
		return -1;

	or = origin_get(qu, &mac->mac_source, now);
	if ((ck = calloc(1, sizeof(*ck))) == NULL)
		fatal("calloc");
	ck->ck_id = mac->mac_id;
	ck->ck_source = mac->mac_source;
	ck->ck_ready = now + origin_delay(or, now);
	memcpy(ck->ck_user, mac->mac_user, sizeof(ck->ck_user));
	memcpy(ck->ck_pass, mac->mac_pass, sizeof(ck->ck_pass));
	table_lower(ck->ck_user);
	origin_put(qu, or, ck);
	return 0;
}

struct check *
queue_next(struct queue *qu, uint64_t now)
{
	struct origin	*or;
	struct check	*ck;

	TAILQ_FOREACH(or, &qu->qu_ring, or_entry)
		if (TAILQ_FIRST(&or->or_checks)->ck_ready <= now)
			break;
	if (or == NULL)
		return NULL;
	/* Its turn is over: to the end of the ring, if it stays there. */
	TAILQ_REMOVE(&qu->qu_ring, or, or_entry);
	TAILQ_INSERT_TAIL(&qu->qu_ring, or, or_entry);
	ck = TAILQ_FIRST(&or->or_checks);
	origin_take(qu, or, ck);
	return ck;
}

int64_t
queue_wait(const struct queue *qu, uint64_t now)
{
	const struct origin	*or;
	const struct check	*ck;
	int64_t			 wait = -1, ms;

	TAILQ_FOREACH(or, &qu->qu_ring, or_entry) {
		ck = TAILQ_FIRST(&or->or_checks);
		ms = ck->ck_ready <= now ? 0 : (int64_t)(ck->ck_ready - now);
		if (wait == -1 || ms < wait)
			wait = ms;
	}
	return wait;
}

int
queue_cancel(struct queue *qu, const struct session_id *id)
{
	struct origin	*or;
	struct check	*ck;

	TAILQ_FOREACH(or, &qu->qu_ring, or_entry)
		TAILQ_FOREACH(ck, &or->or_checks, ck_entry)
			if (ck->ck_id.si_gen == id->si_gen &&
			    ck->ck_id.si_num == id->si_num) {
				origin_take(qu, or, ck);
				check_free(ck);
				return 1;
			}
	return 0;
}

/* Any check of this listener that waits. */
static struct check *
queue_any(struct queue *qu, uint64_t gen, struct origin **where)
{
	struct origin	*or;
	struct check	*ck;

	TAILQ_FOREACH(or, &qu->qu_ring, or_entry)
		TAILQ_FOREACH(ck, &or->or_checks, ck_entry)
			if (ck->ck_id.si_gen == gen) {
				*where = or;
				return ck;
			}
	return NULL;
}

void
queue_forget(struct queue *qu, uint64_t gen)
{
	struct origin	*or;
	struct check	*ck;

	while ((ck = queue_any(qu, gen, &or)) != NULL) {
		origin_take(qu, or, ck);
		check_free(ck);
	}
}

void
queue_failed(struct queue *qu, const struct source *source, uint64_t now)
{
	struct origin	*or = origin_get(qu, source, now);
	unsigned int	 n = origin_failures(or, now);

	/* Beyond what the longest delay needs there is nothing to count. */
	if (n < FAILURES_FREE + FAILURE_DELAY_MAX_MS / FAILURE_DELAY_MS)
		n++;
	or->or_failures = n;
	or->or_counted = now;
	if (or->or_waiting == 0) {
		TAILQ_REMOVE(&qu->qu_idle, or, or_entry);
		TAILQ_INSERT_TAIL(&qu->qu_idle, or, or_entry);
	}
}

uint64_t
queue_delay(struct queue *qu, const struct source *source, uint64_t now)
{
	const struct origin	*or = origin_find(qu, source);

	return or == NULL ? 0 : origin_delay(or, now);
}

size_t
queue_waiting(const struct queue *qu)
{
	return qu->qu_waiting;
}

size_t
queue_sources(const struct queue *qu)
{
	return qu->qu_origins;
}

void
queue_free(struct queue *qu)
{
	struct origin	*or;
	struct check	*ck;

	while ((or = TAILQ_FIRST(&qu->qu_ring)) != NULL) {
		ck = TAILQ_FIRST(&or->or_checks);
		origin_take(qu, or, ck);
		check_free(ck);
	}
	while ((or = TAILQ_FIRST(&qu->qu_idle)) != NULL)
		origin_drop(qu, or);
	free(qu);
}
