/*
 * link: authpop/lookup.o authpop/crowd.o authpop/ranks.o lib/source.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks that wait for tabpop: which is next while the tables are slow, and
 * which is displaced when too many wait.
 */

#include <stdlib.h>
#include <string.h>

#include "authpop/lookup.h"
#include "authpop/queue.h"
#include "chan.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "unit.h"

#define CHECKS		(2 * LOOKUPS_WAITING)

static struct {
	const struct chan_rule	*rules;
	struct check		 checks[CHECKS];
	unsigned int		 count;
	uint64_t		 asked;		/* the number of the last */
	uint64_t		 answered;
	unsigned int		 temp;		/* ended as LOOK_TEMP */
	struct check		*ended;		/* the last of them */
	uint64_t		 now;
} t;

static uint64_t
now(void)
{
	return (t.now);
}

void
fatal(const char *fmt, ...)
{
	abort();
}

void
log_warnx(const char *fmt, ...)
{
}

int
proc_send(uint32_t type, const void *data, int fd)
{
	return (0);
}

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	t.rules = rules;
	return ((struct chan *)&t);
}

void
chan_free(struct chan *ch)
{
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	if (type == MSG_LOOKUP)
		t.asked = ((const struct msg_lookup *)data)->mlk_seq;
	return (0);
}

static void
done(struct check *ck, enum look_result result)
{
	if (result != LOOK_TEMP)
		return;
	t.temp++;
	t.ended = ck;
}

/* One more check of a rank, from this host of 192.0.2.0/24. */
static struct check *
add(enum rank rank, uint8_t host)
{
	struct check	*ck = &t.checks[t.count++];
	const uint8_t	 address[] = { 192, 0, 2, host };

	memset(ck, 0, sizeof(*ck));
	ck->ck_rank = rank;
	ck->ck_number = t.count;
	ck->ck_turn.ci_check = ck;
	ck->ck_claim.cl_source.so_version = 4;
	memcpy(ck->ck_claim.cl_source.so_addr, address, sizeof(address));
	lookup_add(ck);
	return (ck);
}

/* tabpop answers the oldest that it was asked. */
static void
answer(void)
{
	struct msg_looked	 ld = { ++t.answered, LOOK_NONE, 0 };

	CHECK(t.rules[0].cu_handler(NULL, &ld, -1).vd_kind == VERDICT_TAKEN,
	    "number %llu", (unsigned long long)t.answered);
}

static void
begin(const char *name)
{
	unit_case(name);
	lookup_peer(1);
	t.answered = t.asked;
	t.count = t.temp = 0;
	t.ended = NULL;
}

static void
test_turns(void)
{
	struct check	*ck;
	unsigned int	 i;

	begin("no flood of right passwords keeps a newcomer waiting");
	for (i = 0; i < 2 * LOOKUPS_MAX; i++)
		add(RANK_GOOD, 1);
	CHECK(t.asked - t.answered == LOOKUPS_MAX, "%llu asked",
	    (unsigned long long)(t.asked - t.answered));
	ck = add(RANK_DELAYED, 2);
	for (i = 0; i < TURNS_EACH && ck->ck_lookup == 0; i++) {
		answer();
		add(RANK_GOOD, 1);
	}
	CHECK(ck->ck_lookup != 0, "not asked about after %u turns", i);
	CHECK(t.temp == 0, "%u ended", t.temp);
}

static void
test_places(void)
{
	struct check	*ck;
	unsigned int	 i;

	begin("no flood of right passwords takes all places");
	for (i = 0; i < LOOKUPS_MAX + LOOKUPS_WAITING; i++)
		add(RANK_GOOD, 1);
	CHECK(t.temp == 0, "%u ended", t.temp);
	ck = add(RANK_GOOD, 1);
	CHECK(t.temp == 1 && t.ended == ck, "one more is taken");
	ck = add(RANK_GOOD, 2);
	CHECK(t.temp == 2 && t.ended != ck, "another source is not");
	for (i = 0; i < LOOKUPS_KEPT; i++) {
		ck = add(RANK_UNKNOWN, 3);
		CHECK(t.ended != ck && t.ended->ck_rank == RANK_GOOD,
		    "newcomer %u", i);
	}
	ck = add(RANK_UNKNOWN, 3);
	CHECK(t.ended == ck, "more than are kept");
	ck = add(RANK_DELAYED, 4);
	CHECK(t.ended == ck, "a guesser displaces a user");
}

/* Let each answer take so long after the one before it, for some turns. */
static uint64_t
in_flight(unsigned int turns, uint64_t took)
{
	unsigned int	 i;

	for (i = 0; i < turns; i++) {
		t.now += took;
		add(RANK_UNKNOWN, 1);
		answer();
	}
	return (t.asked - t.answered);
}

static void
test_slow(void)
{
	unsigned int	 i;
	uint64_t	 n;

	begin("of a slow table no more is asked than it answers in a second");
	for (i = 0; i < LOOKUPS_MAX; i++)
		add(RANK_UNKNOWN, 1);
	n = in_flight(100, 200);
	CHECK(n >= 3 && n <= 10, "%llu at 200 ms", (unsigned long long)n);
	n = in_flight(100, 3000);
	CHECK(n == 1, "%llu at 3 s", (unsigned long long)n);
	n = in_flight(100, 10);
	CHECK(n == LOOKUPS_MAX, "%llu at 10 ms", (unsigned long long)n);
}

int
main(void)
{
	lookup_start(done, now);
	test_turns();
	test_places();
	test_slow();
	return (unit_done());
}
