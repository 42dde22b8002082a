/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The queue's side of tabpop.  In: checks that a checker cannot decide without
 * the table processes.  Out: LOOKUP and GIVE to tabpop; the checks again once
 * it has answered.  tabpop tells only whether the user is known: hashes go
 * from tabpop to a checker.
 *
 * If tabpop lies, it affects only the logins that its answers decide anyway.
 * If it dies or hangs, the checks that wait for it fail temporarily.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <string.h>

#include "chan.h"
#include "crowd.h"
#include "limits.h"
#include "log.h"
#include "lookup.h"
#include "msg.h"
#include "proc.h"
#include "queue.h"
#include "ranks.h"

static struct {
	struct chan		*tables;	/* NULL: not connected */
	lookup_done		*done;
	uint64_t		(*now)(void);
	struct ranks		 turns;		/* not asked yet */
	LIST_HEAD(, check)	 all;
	size_t			 waiting;	/* number of those */
	size_t			 asked;		/* number of the others, */
	size_t			 most;		/* and how many may be */
	uint64_t		 seq;
	uint64_t		 slow;		/* seq when most was reduced */
} lookup;

/* End a lookup; the receiver owns the check. */
static void
lookup_end(struct check *ck, enum look_result result)
{
	LIST_REMOVE(ck, ck_asking);
	if (ck->ck_lookup == 0) {
		crowd_take(&ck->ck_turn);
		lookup.waiting--;
	} else
		lookup.asked--;
	lookup.done(ck, result);
}

/* Ask about as many as allowed. */
static void
lookup_run(void)
{
	struct check		*ck;
	struct msg_lookup	 mlk;

	while (lookup.tables != NULL && lookup.asked < lookup.most &&
	    (ck = ranks_turn(&lookup.turns)) != NULL) {
		crowd_take(&ck->ck_turn);
		lookup.waiting--;
		lookup.asked++;
		ck->ck_lookup = ++lookup.seq;
		ck->ck_asked = lookup.now();
		memset(&mlk, 0, sizeof(mlk));
		mlk.mlk_seq = ck->ck_lookup;
		strlcpy(mlk.mlk_user, ck->ck_user, sizeof(mlk.mlk_user));
		/* If this fails, tables_closed() will be called. */
		chan_send(lookup.tables, MSG_LOOKUP, &mlk, -1);
	}
}

void
lookup_add(struct check *ck)
{
	struct check	*loser;

	if (lookup.tables == NULL) {
		lookup.done(ck, LOOK_TEMP);
		return;
	}
	if (lookup.waiting >= LOOKUPS_WAITING) {
		loser = ranks_displace(&lookup.turns, ck->ck_rank,
		    &ck->ck_claim.cl_source, LOOKUPS_KEPT);
		if (loser == NULL) {
			lookup.done(ck, LOOK_TEMP);
			return;
		}
		lookup_end(loser, LOOK_TEMP);
	}
	LIST_INSERT_HEAD(&lookup.all, ck, ck_asking);
	lookup.waiting++;
	crowd_put(lookup.turns.rk_crowds[ck->ck_rank], &ck->ck_claim.cl_source,
	    &ck->ck_turn, ck->ck_number);
	lookup_run();
}

int
lookup_give(const struct check *ck, uint64_t checker, uint64_t seq)
{
	struct msg_give	 gi;

	if (lookup.tables == NULL)
		return (-1);
	memset(&gi, 0, sizeof(gi));
	gi.gi_lookup = ck->ck_lookup;
	gi.gi_checker = checker;
	gi.gi_check = seq;
	gi.gi_source = ck->ck_claim.cl_source;
	return (chan_send(lookup.tables, MSG_GIVE, &gi, -1));
}

void
lookup_cancel(const struct session_id *id)
{
	struct check	*ck;

	LIST_FOREACH(ck, &lookup.all, ck_asking)
		if (ck->ck_id.si_gen == id->si_gen &&
		    ck->ck_id.si_num == id->si_num)
			break;
	if (ck == NULL)
		return;
	ck->ck_cancelled = 1;
	if (ck->ck_lookup == 0)
		lookup_end(ck, LOOK_TEMP);
}

void
lookup_forget(uint64_t gen)
{
	struct check	*ck, *next;

	for (ck = LIST_FIRST(&lookup.all); ck != NULL; ck = next) {
		next = LIST_NEXT(ck, ck_asking);
		if (ck->ck_id.si_gen != gen)
			continue;
		ck->ck_cancelled = 1;
		if (ck->ck_lookup == 0)
			lookup_end(ck, LOOK_TEMP);
	}
}

/*
 * A table answers one question after the other: ask so many that each answer
 * comes in time, so that others can still overtake the rest.
 */
static void
lookup_adapt(const struct check *ck)
{
	if (lookup.now() - ck->ck_asked <= LOOKUP_MS) {
		if (lookup.most < LOOKUPS_MAX)
			lookup.most++;
	} else if (ck->ck_lookup > lookup.slow) {
		lookup.most -= lookup.most / 2;
		lookup.slow = lookup.seq;
	}
}

static struct verdict
tables_looked(void *arg, const void *data, int fd)
{
	const struct msg_looked	*ld = data;
	enum look_result	 result = LOOK_FOUND;
	struct check		*ck;

	LIST_FOREACH(ck, &lookup.all, ck_asking)
		if (ck->ck_lookup != 0 && ck->ck_lookup == ld->ld_seq)
			break;
	if (ck == NULL)
		return (LIE("unexpected answer"));
	lookup_adapt(ck);
	/* FOUND or TEMP: only the checker gets the details. */
	if (ld->ld_result == LOOK_NONE || ld->ld_result == LOOK_PROVE)
		result = ld->ld_result;
	lookup_end(ck, result);
	lookup_run();
	return (TAKEN);
}

static const struct chan_rule tables_rules[] = {
	{ MSG_LOOKED,		tables_looked },
	{ 0,			NULL }
};

/* Checks that wait for tabpop fail temporarily. */
static void
tables_lost(void)
{
	struct check	*ck;

	chan_free(lookup.tables);
	lookup.tables = NULL;
	while ((ck = LIST_FIRST(&lookup.all)) != NULL)
		lookup_end(ck, LOOK_TEMP);
}

/* tabpop may be alive: the parent knows, and reconnects it. */
static void
tables_closed(void *arg, const char *why)
{
	struct msg_peer	 want;

	if (why != NULL)
		log_warnx("tabpop ended: %s", why);
	tables_lost();
	memset(&want, 0, sizeof(want));
	want.mp_role = ROLE_TABLE;
	proc_send(MSG_PEER_WANT, &want, -1);
}

void
lookup_peer(int fd)
{
	tables_lost();
	lookup.tables = chan_new(fd, "tabpop", tables_rules, tables_closed,
	    NULL);
	if (lookup.tables == NULL)
		fatal("chan_new");
}

int
lookup_ready(void)
{
	return (lookup.tables != NULL);
}

void
lookup_start(lookup_done *done, uint64_t (*now)(void))
{
	LIST_INIT(&lookup.all);
	lookup.done = done;
	lookup.now = now;
	lookup.most = LOOKUPS_MAX;
	ranks_init(&lookup.turns);
}
