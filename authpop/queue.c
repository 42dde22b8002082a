/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The fair queue.  In: checks from listeners, and their results.  Out: one
 * check at a time, the one whose turn it is.
 */

#include <sys/types.h>
#include <sys/tree.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "queue.h"
#include "ranks.h"
#include "records.h"
#include "source.h"
#include "table.h"

RB_HEAD(check_names, check);
RB_HEAD(check_times, check);

struct queue {
	struct records		*qu_records;
	struct check_names	 qu_names;	/* all that wait */
	struct check_times	 qu_later;	/* those that are delayed */
	struct ranks		 qu_places;	/* all */
	struct ranks		 qu_turns;	/* those that are not, */
	struct ranks		 qu_proofs;	/* and those with ck_prove */
	size_t			 qu_proving;	/* taken of those */
	uint64_t		 qu_number;	/* of the last check */
	size_t			 qu_waiting;
};

static int
check_compare_name(const struct check *a, const struct check *b)
{
	if (a->ck_id.si_gen != b->ck_id.si_gen)
		return (a->ck_id.si_gen < b->ck_id.si_gen ? -1 : 1);
	if (a->ck_id.si_num != b->ck_id.si_num)
		return (a->ck_id.si_num < b->ck_id.si_num ? -1 : 1);
	return (0);
}

static int
check_compare_time(const struct check *a, const struct check *b)
{
	if (a->ck_ready != b->ck_ready)
		return (a->ck_ready < b->ck_ready ? -1 : 1);
	return (check_compare_name(a, b));
}

RB_PROTOTYPE(check_names, check, ck_node, check_compare_name)
RB_GENERATE(check_names, check, ck_node, check_compare_name)
RB_PROTOTYPE(check_times, check, ck_later, check_compare_time)
RB_GENERATE(check_times, check, ck_later, check_compare_time)

struct queue *
queue_new(void)
{
	struct queue	*qu;

	if ((qu = calloc(1, sizeof(*qu))) == NULL)
		fatal("calloc");
	qu->qu_records = records_new();
	RB_INIT(&qu->qu_names);
	RB_INIT(&qu->qu_later);
	ranks_init(&qu->qu_places);
	ranks_init(&qu->qu_turns);
	ranks_init(&qu->qu_proofs);
	return (qu);
}

/* It is before a table process no longer. */
static void
check_proved(struct check *ck)
{
	if (ck->ck_proving != NULL)
		(*ck->ck_proving)--;
	ck->ck_proving = NULL;
}

void
queue_check_free(struct check *ck)
{
	if (ck == NULL)
		return;
	check_proved(ck);
	freezero(ck, sizeof(*ck));
}

/*
 * Checks of a source are in random order: so an attacker with many waiting
 * connections does not hide others that share the address.
 */
static void
queue_enter(struct queue *qu, struct check *ck)
{
	struct ranks	*rk = ck->ck_prove ? &qu->qu_proofs : &qu->qu_turns;
	uint64_t	 order;

	arc4random_buf(&order, sizeof(order));
	crowd_put(rk->rk_crowds[ck->ck_rank], &ck->ck_claim.cl_source,
	    &ck->ck_turn, order);
}

/* Insert a check by rank, and by its turn or the end of its delay. */
static void
queue_put(struct queue *qu, struct check *ck, uint64_t now)
{
	crowd_put(qu->qu_places.rk_crowds[ck->ck_rank], &ck->ck_claim.cl_source,
	    &ck->ck_place, ck->ck_number);
	if (ck->ck_ready <= now)
		queue_enter(qu, ck);
	else
		RB_INSERT(check_times, &qu->qu_later, ck);
}

/* A check in no crowd of turns is in the tree of delays. */
static void
queue_take(struct queue *qu, struct check *ck)
{
	if (ck->ck_turn.ci_leaf == NULL)
		RB_REMOVE(check_times, &qu->qu_later, ck);
	crowd_take(&ck->ck_turn);
	crowd_take(&ck->ck_place);
}

static void
queue_remove(struct queue *qu, struct check *ck)
{
	queue_take(qu, ck);
	RB_REMOVE(check_names, &qu->qu_names, ck);
	qu->qu_waiting--;
}

/*
 * Remove and return the check displaced by one of this rank and source, or
 * NULL.
 */
static struct check *
queue_displace(struct queue *qu, enum rank rank, const struct source *source)
{
	struct check	*ck;

	ck = ranks_displace(&qu->qu_places, rank, source, CHECKS_KEPT);
	if (ck != NULL)
		queue_remove(qu, ck);
	return (ck);
}

/* Return whether equal texts are equal guesses: no proof is made twice. */
static int
check_guesses(const struct msg_auth_check *mac)
{
	return (mac->mac_method == AUTH_PASSWORD);
}

/* Make a check of a listener's message, with its rank and delay. */
static struct check *
check_new(struct queue *qu, const struct msg_auth_check *mac, uint64_t now)
{
	struct check	*ck;

	if ((ck = calloc(1, sizeof(*ck))) == NULL)
		fatal("calloc");
	ck->ck_place.ci_check = ck->ck_turn.ci_check = ck;
	ck->ck_id = mac->mac_id;
	ck->ck_method = mac->mac_method;
	ck->ck_purpose = mac->mac_purpose;
	memcpy(ck->ck_salt, mac->mac_salt, sizeof(ck->ck_salt));
	memcpy(ck->ck_user, mac->mac_user, sizeof(ck->ck_user));
	memcpy(ck->ck_pass, mac->mac_pass, sizeof(ck->ck_pass));
	table_lower(ck->ck_user);
	records_claim(qu->qu_records, &ck->ck_claim, &mac->mac_source,
	    ck->ck_user, check_guesses(mac) ? ck->ck_pass : NULL);
	ck->ck_rank = records_judge(qu->qu_records, &ck->ck_claim, now, now,
	    &ck->ck_ready);
	ck->ck_number = ++qu->qu_number;
	ck->ck_came = now;
	return (ck);
}

int
queue_add(struct queue *qu, const struct msg_auth_check *mac, uint64_t now,
    struct check **displaced)
{
	struct check	*ck = check_new(qu, mac, now);

	*displaced = NULL;
	if (RB_FIND(check_names, &qu->qu_names, ck) != NULL ||
	    (qu->qu_waiting >= CHECKS_WAITING &&
	    (*displaced = queue_displace(qu, ck->ck_rank,
	    &ck->ck_claim.cl_source)) == NULL)) {
		queue_check_free(ck);
		return (-1);
	}
	RB_INSERT(check_names, &qu->qu_names, ck);
	qu->qu_waiting++;
	queue_put(qu, ck, now);
	return (0);
}

/* Make those ready whose delay is over. */
static void
queue_wake(struct queue *qu, uint64_t now)
{
	struct check	*ck;

	while ((ck = RB_MIN(check_times, &qu->qu_later)) != NULL &&
	    ck->ck_ready <= now) {
		RB_REMOVE(check_times, &qu->qu_later, ck);
		queue_enter(qu, ck);
	}
}

/*
 * Judge a check again, and move it if its rank changed or it must wait.  The
 * delay counts from its arrival.  Return whether it was moved.
 */
static int
queue_rejudge(struct queue *qu, struct check *ck, int better, uint64_t now)
{
	enum rank	 rank;
	uint64_t	 ready;

	rank = records_judge(qu->qu_records, &ck->ck_claim, ck->ck_came, now,
	    &ready);
	if (ck->ck_ran)
		ready = ck->ck_ready;
	if (better ? rank >= ck->ck_rank : rank <= ck->ck_rank && ready <= now)
		return (0);
	queue_take(qu, ck);
	ck->ck_rank = rank;
	ck->ck_ready = ready;
	queue_put(qu, ck, now);
	return (1);
}

/*
 * Return the check whose turn it is, or NULL.  A proof does not occupy a
 * checker; no more are taken than a table process handles at once, or they
 * would wait there, first come, first served.
 */
static struct check *
queue_turn(struct queue *qu)
{
	struct check	*ck = NULL;

	if (qu->qu_proving < PROOFS_ASKED)
		ck = ranks_turn(&qu->qu_proofs);
	return (ck != NULL ? ck : ranks_turn(&qu->qu_turns));
}

struct check *
queue_next(struct queue *qu, uint64_t now)
{
	struct check	*ck;

	queue_wake(qu, now);
	do {
		if ((ck = queue_turn(qu)) == NULL)
			return (NULL);
	} while (queue_rejudge(qu, ck, 0, now));
	queue_remove(qu, ck);
	if (!ck->ck_ran)
		records_run(qu->qu_records, &ck->ck_claim, now);
	ck->ck_ran = 1;
	if (ck->ck_prove) {
		ck->ck_proving = &qu->qu_proving;
		qu->qu_proving++;
	}
	ck->ck_taken = now;
	return (ck);
}

struct check *
queue_ask(struct queue *qu, const struct session_id *id, uint64_t now)
{
	struct check	*ck, key;

	key.ck_id = *id;
	ck = RB_FIND(check_names, &qu->qu_names, &key);
	if (ck == NULL || ck->ck_method != AUTH_PASSWORD ||
	    ck->ck_ready <= now ||
	    !records_ask(qu->qu_records, &ck->ck_claim, now))
		return (NULL);
	queue_remove(qu, ck);
	ck->ck_cached = 1;
	return (ck);
}

void
queue_again(struct queue *qu, struct check *ck, uint64_t now)
{
	check_proved(ck);
	ck->ck_taken = 0;
	RB_INSERT(check_names, &qu->qu_names, ck);
	qu->qu_waiting++;
	queue_put(qu, ck, now);
}

int64_t
queue_wait(struct queue *qu, uint64_t now)
{
	const struct check	*ck;

	if (ranks_any(&qu->qu_turns) || (qu->qu_proving < PROOFS_ASKED &&
	    ranks_any(&qu->qu_proofs)))
		return (0);
	if ((ck = RB_MIN(check_times, &qu->qu_later)) == NULL)
		return (-1);
	return (ck->ck_ready <= now ? 0 : (int64_t)(ck->ck_ready - now));
}

int
queue_cancel(struct queue *qu, const struct session_id *id, uint64_t now)
{
	struct check	*ck, key;

	key.ck_id = *id;
	if ((ck = RB_FIND(check_names, &qu->qu_names, &key)) == NULL)
		return (0);
	queue_remove(qu, ck);
	if (ck->ck_denied)
		queue_failed(qu, ck, now);
	queue_check_free(ck);
	return (1);
}

void
queue_forget(struct queue *qu, uint64_t gen)
{
	struct check	*ck, key;

	key.ck_id.si_gen = gen;
	key.ck_id.si_num = 0;
	while ((ck = RB_NFIND(check_names, &qu->qu_names, &key)) != NULL &&
	    ck->ck_id.si_gen == gen) {
		queue_remove(qu, ck);
		queue_check_free(ck);
	}
}

/* Raise the waiting checks of a source to its better rank. */
static void
queue_promote(struct queue *qu, const struct source *source, uint64_t now)
{
	struct crowd_item	*ci, *next;
	int			 rank;

	for (rank = 1; rank < RANKS; rank++)
		for (ci = crowd_first(qu->qu_places.rk_crowds[rank], source);
		    ci != NULL; ci = next) {
			next = crowd_after(ci);
			queue_rejudge(qu, ci->ci_check, 1, now);
		}
}

void
queue_succeeded(struct queue *qu, const struct check *ck, uint64_t now)
{
	if (records_succeeded(qu->qu_records, &ck->ck_claim, now))
		queue_promote(qu, &ck->ck_claim.cl_source, now);
}

int
queue_login(struct queue *qu, const struct check *ck, uint64_t delay)
{
	return (records_login(qu->qu_records, &ck->ck_claim, delay,
	    ck->ck_came));
}

void
queue_logout(struct queue *qu, const char *user)
{
	records_logout(qu->qu_records, user);
}

void
queue_failed(struct queue *qu, const struct check *ck, uint64_t now)
{
	records_failed(qu->qu_records, &ck->ck_claim, now);
}

void
queue_opened_nothing(struct queue *qu, const struct source *source,
    const char *user, uint64_t now)
{
	struct claim	 cl;

	records_claim(qu->qu_records, &cl, source, user, NULL);
	records_opened_nothing(qu->qu_records, &cl, now);
}

uint64_t
queue_delay(struct queue *qu, const struct source *source, uint64_t now)
{
	struct claim	 cl;

	records_claim(qu->qu_records, &cl, source, NULL, NULL);
	return (records_delay(qu->qu_records, &cl, now));
}

size_t
queue_waiting(const struct queue *qu)
{
	return (qu->qu_waiting);
}

size_t
queue_most_failed(struct queue *qu, struct msg_ask_source *rows, size_t max,
    uint64_t now)
{
	return (records_most_failed(qu->qu_records, rows, max, now));
}

void
queue_clear(struct queue *qu, const struct source *source)
{
	records_clear(qu->qu_records, source);
}

size_t
queue_sources(const struct queue *qu)
{
	return (records_sources(qu->qu_records));
}

size_t
queue_pairs(const struct queue *qu)
{
	return (records_pairs(qu->qu_records));
}

void
queue_free(struct queue *qu)
{
	struct check	*ck;

	while ((ck = RB_ROOT(&qu->qu_names)) != NULL) {
		queue_remove(qu, ck);
		queue_check_free(ck);
	}
	ranks_free(&qu->qu_places);
	ranks_free(&qu->qu_turns);
	ranks_free(&qu->qu_proofs);
	records_free(qu->qu_records);
	free(qu);
}
