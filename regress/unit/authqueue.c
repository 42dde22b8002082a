/*
 * link: authpop/queue.o authpop/records.o authpop/crowd.o authpop/ranks.o
 * link: authpop/origin.o
 * link: authpop/pairs.o authpop/penalty.o authpop/keyhash.o lib/source.o
 * link: lib/table.o lib/log.o
 * link: lib/nets.o
 * link: lib/hmac.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The queue of authpop: room, ranks, turns. */

#include "authqueue.h"

static void
test_one_source(void)
{
	struct check	*ck;
	uint64_t	 last = 0;
	int		 i, before = 0;

	again("one source: among its checks chance decides");
	CHECK(queue_wait(qu, T0) == -1, "something waits");
	for (i = 0; i < 200; i++)
		CHECK(put(from4(1), 1, T0) == 0, "check %d", i);
	CHECK(put(from4(2), 1, T0) == 0, "another source");
	CHECK(queue_wait(qu, T0) == 0, "nothing is ready");
	while ((ck = queue_next(qu, T0)) != NULL) {
		if (ck->ck_claim.cl_source.so_addr[3] == 1) {
			before += ck->ck_id.si_num < last;
			last = ck->ck_id.si_num;
		}
		CHECK(strcmp(ck->ck_user, "some.user@example") == 0, "%s",
		    ck->ck_user);
		CHECK(strcmp(ck->ck_pass, "PassWord") == 0, "password");
		queue_check_free(ck);
	}
	CHECK(before > 50 && before < 150, "%d of 200 out of order", before);
	CHECK(queue_waiting(qu) == 0, "%zu wait", queue_waiting(qu));
	CHECK(queue_sources(qu) == 0, "%zu kept", queue_sources(qu));
}

static void
test_name_once(void)
{
	again("a name is not used twice");
	CHECK(put(from4(1), 1, T0) == 0, "first");
	number--;
	CHECK(put(from4(2), 1, T0) == -1, "second");
	CHECK(queue_waiting(qu) == 1, "%zu wait", queue_waiting(qu));
}

static void
test_equals(void)
{
	int	 i;

	again("among equals with one check each none gives way");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(net4((unsigned int)i), 1, T0) == 0, "%d", i);
	CHECK(put(net4(CHECKS_WAITING), 1, T0) == -1, "one too many");
	CHECK(put(net4(0), 1, T0) == -1, "one too many");
}

static void
test_crowded(void)
{
	int	 i;

	again("a source that fills the queue makes room for others");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(net4((unsigned int)i / 32), 1, T0) == 0, "%d", i);
	for (i = 0; i < 20; i++)
		CHECK(put(net4(1000 + (unsigned int)i), 2, T0) == 2,
		    "source %d had no place", i);
	CHECK(given == 1, "one with one check gave way");
	CHECK(put(net4(0), 1, T0) == -1, "more for one with many");
	CHECK(queue_waiting(qu) == CHECKS_WAITING, "%zu", queue_waiting(qu));
}

static void
test_network_places(void)
{
	int	 i;

	again("the addresses of a network are added up first");
	for (i = 0; i < CHECKS_WAITING / 2; i++) {
		CHECK(put(from4((unsigned int)i % 256), 1, T0) == 0, "/24");
		CHECK(put(net4(100 + (unsigned int)i / 64), 2, T0) == 0,
		    "others have more than any address of it");
	}
	CHECK(put(net4(1000), 3, T0) == 2 && given == 1, "IPv4");
}

static void
test_prefixes(void)
{
	int	 i;

	again("the /64 of a /56 and the /56 of a /48, too");
	for (i = 0; i < CHECKS_WAITING / 2; i++) {
		CHECK(put(from6((unsigned int)i, 1), 1, T0) == 0, "/48");
		CHECK(put(net4(100 + (unsigned int)i / 64), 2, T0) == 0,
		    "others have more than any /56 of it");
	}
	CHECK(put(net4(1000), 3, T0) == 2 && given == 1, "IPv6");
}

static void
test_newcomer(void)
{
	int	 i;

	again("a newcomer of a network with most takes the place of one in it");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(from4(7), 1, T0) == 0, "%d", i);
	CHECK(put(from4(8), 2, T0) == 2 && given == 1, "not its neighbour");
	CHECK(put(from4(7), 1, T0) == -1, "not itself");
}

static void
test_rank_place(void)
{
	int	 i;

	again("a better rank takes the place of a lower one");
	fail(net4(1), FAILURES_FREE + 1, T0);
	CHECK(put(net4(1), 9, T0) == 0, "delayed");
	for (i = 1; i < CHECKS_WAITING; i++)
		CHECK(put(net4(2), 1, T0) == 0, "%d", i);
	CHECK(put(net4(2), 1, T0) == 2 && given == 9, "the delayed one stays");
	CHECK(put(net4(2), 1, T0) == -1, "one too many");
	CHECK(put(net4(1), 9, T0) == -1, "delayed takes a place");
}

static void
test_unknown_places(void)
{
	int	 i;

	again("but unknown sources keep some places, and take them");
	login(net4(1), "joe", "right", 1, T0);
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(net4(1), 1, T0) == 0, "%d", i);
	for (i = 0; i < CHECKS_KEPT; i++)
		CHECK(put(net4(2), 2, T0) == 2 && given == 1, "%d", i);
	CHECK(put(net4(2), 2, T0) == -1, "more than that");
	CHECK(put(net4(3), 3, T0) == 2 && given == 2, "not from its equals");
	CHECK(put(net4(1), 1, T0) == -1, "taken back");
}

static void
test_rank_order(void)
{
	int	 i;

	again("good, unknown, suspect, delayed: in this order");
	login(net4(4), "joe", "right", 1, T0);
	fail(net4(2), 1, T0);
	fail(net4(1), FAILURES_FREE + 1, T0);
	CHECK(put(net4(1), 1, T0) == 0, "delayed");
	CHECK(put(net4(2), 2, T0) == 0, "suspect");
	CHECK(put(net4(3), 3, T0) == 0, "unknown");
	CHECK(put(net4(4), 4, T0) == 0, "good");
	for (i = 4; i >= 1; i--)
		CHECK(next(T0 + FAILURE_DELAY_MS) == (uint64_t)i, "not %d", i);
}

static void
test_rank_turns(void)
{
	int	 i, lower;

	again("a lower rank has every eighth turn");
	fail(net4(1), 1, T0);
	for (i = 0, lower = 0; i < 100; i++) {
		CHECK(put(net4(1), 1, T0) == 0, "suspect");
		CHECK(put(net4(2), 2, T0) == 0, "unknown");
	}
	for (i = 0; i < 80; i++)
		lower += next(T0) == 1;
	CHECK(lower == 80 / TURNS_EACH, "%d of 80", lower);
}

static void
test_one_by_one(void)
{
	int	 i;

	again("many checks sent at once are ranked one by one");
	for (i = 0; i < 20; i++)
		CHECK(put(net4(1), 1, T0) == 0, "%d", i);
	for (i = 0; i <= FAILURES_FREE; i++) {
		CHECK(next(T0) == 1, "free");
		fail(net4(1), 1, T0);
	}
	CHECK(next(T0) == 0, "not delayed");
	CHECK(queue_wait(qu, T0) == FAILURE_DELAY_MS, "wait %lld",
	    (long long)queue_wait(qu, T0));
	CHECK(next(T0 + FAILURE_DELAY_MS) == 1, "lost");
}

static void
test_login_helps(void)
{
	int	 i;

	again("after a login those of its source that wait are better off");
	fail(net4(1), FAILURES_FREE + 1, T0);
	for (i = 0; i < 10; i++)
		CHECK(put(net4(1), 1, T0) == 0, "%d", i);
	CHECK(put(net4(2), 2, T0) == 0, "unknown");
	CHECK(put(net4(3), 3, T0) == 0, "unknown");
	CHECK(put(net4(3), 3, T0) == 0, "unknown");
	{
		struct check	*ck = queue_next(qu, T0);

		CHECK(ck->ck_id.si_gen == 2, "not 2");
		CHECK(put(net4(2), 2, T0) == 0, "another of it");
		CHECK(put(net4(2), 2, T0) == 0, "another of it");
		queue_succeeded(qu, ck, T0);
		queue_check_free(ck);
	}
	CHECK(next(T0) == 2 && next(T0) == 2, "not promoted");
	CHECK(next(T0) == 3, "lost");
}

static void
test_turns_sources(void)
{
	int	 i;

	again("sources take turns");
	for (i = 0; i < 32; i++)
		(void)put(from4(1), 1, T0);
	(void)put(from4(2), 2, T0 + 1);
	(void)put(from4(3), 3, T0 + 2);
	(void)put(from4(2), 2, T0 + 3);
	CHECK(next(T0 + 10) == 1, "1st");
	CHECK(next(T0 + 10) == 2, "2nd");
	CHECK(next(T0 + 10) == 3, "3rd");
	CHECK(next(T0 + 10) == 1, "4th");
	CHECK(next(T0 + 10) == 2, "5th");
	CHECK(next(T0 + 10) == 1, "6th");
	CHECK(next(T0 + 10) == 1, "7th");
}

static void
test_turns_new(void)
{
	int	 i;
	int	 others = 0;
	int	 at = -1;

	again("a new source waits for each other source once at the most");
	for (i = 0; i < 30 * 32; i++)
		(void)put(net4((unsigned int)i % 30), 1, T0);
	(void)put(net4(5000), 9, T0);
	for (i = 0; at == -1 && i < 100; i++) {
		if (next(T0) == 9)
			at = i;
		else
			others++;
	}
	CHECK(others <= 30, "%d were before it", others);
}

static void
test_turns_network(void)
{
	int	 i;

	again("a thousand sources of one network have the turns of one");
	for (i = 0; i < 1000; i++)
		(void)put(from6((unsigned int)i, 1), 1, T0);
	(void)put(net4(1), 9, T0);
	CHECK(next(T0) == 1 && next(T0) == 9, "not the second turn");
}

/* A check whose password a table has to see, as tabpop said. */
static void
put_proof(struct source so, uint64_t gen)
{
	struct check	*ck;

	CHECK(put(so, gen, T0) == 0 && (ck = queue_next(qu, T0)) != NULL,
	    "no place");
	ck->ck_prove = 1;
	queue_again(qu, ck, T0);
}

/* What the cases of one scenario share. */
static struct {
	struct check	*proofs[PROOFS_ASKED];
} test;

static void
test_proofs_bound(void)
{
	unsigned int	 i;

	again("no more proofs at once than a table looks at");
	for (i = 0; i < PROOFS_ASKED; i++) {
		put_proof(from4(i), 1);
		test.proofs[i] = queue_next(qu, T0);
		CHECK(test.proofs[i] != NULL &&
		    test.proofs[i]->ck_id.si_gen == 1, "proof %u", i);
	}
	for (i = 0; i < 3; i++)
		put_proof(from4(100 + i), 2);
	login(from4(200), "ann", "right", 1, T0);
	put_proof(from4(200), 3);
	CHECK(queue_next(qu, T0) == NULL, "one too many");
	CHECK(queue_wait(qu, T0) == -1, "one could be taken");
	CHECK(put(from4(201), 4, T0) == 0 && next(T0) == 4,
	    "others wait for them");
}

static void
test_proofs_recent(void)
{
	unsigned int	 i;

	unit_case("a source with a recent login is next");
	queue_check_free(test.proofs[0]);
	CHECK(queue_wait(qu, T0) == 0, "none could be taken");
	CHECK((test.proofs[0] = queue_next(qu, T0)) != NULL &&
	    test.proofs[0]->ck_id.si_gen == 3, "not the first");
	CHECK(queue_next(qu, T0) == NULL, "one too many");
	for (i = 0; i < PROOFS_ASKED; i++)
		queue_check_free(test.proofs[i]);
	for (i = 0; i < 3; i++)
		CHECK(next(T0) == 2, "another is left");
	CHECK(queue_waiting(qu) == 0, "%zu wait", queue_waiting(qu));
}

static void
test_cancelled(void)
{
	struct session_id	 id;
	int			 i;

	again("a cancelled check is gone, and its place free");
	for (i = 0; i < 32; i++)
		(void)put(from4(1), 1, T0);
	id.si_gen = 1;
	id.si_num = number - 3;
	CHECK(queue_cancel(qu, &id, T0) == 1, "not there");
	CHECK(queue_cancel(qu, &id, T0) == 0, "twice");
	id.si_gen = 2;
	id.si_num = number;
	CHECK(queue_cancel(qu, &id, T0) == 0, "of another listener");
	CHECK(queue_waiting(qu) == 31, "count");
	CHECK(put(from4(1), 1, T0) == 0, "place");
}

static void
test_listener_end(void)
{
	int	 i;

	again("the end of a listener takes its checks and no others");
	for (i = 0; i < 100; i++)
		(void)put(from4((unsigned int)i / 4), 1 + (uint64_t)i % 2, T0);
	queue_forget(qu, 2);
	CHECK(queue_waiting(qu) == 50, "%zu wait", queue_waiting(qu));
	for (i = 0; i < 50; i++)
		CHECK(next(T0) == 1, "check %d", i);
	CHECK(next(T0) == 0, "more");
	CHECK(queue_sources(qu) == 0, "%zu kept", queue_sources(qu));
}

int
main(void)
{
	test_one_source();
	test_name_once();
	test_equals();
	test_crowded();
	test_network_places();
	test_prefixes();
	test_newcomer();
	test_rank_place();
	test_unknown_places();
	test_rank_order();
	test_rank_turns();
	test_one_by_one();
	test_login_helps();
	test_turns_sources();
	test_turns_new();
	test_turns_network();
	test_proofs_bound();
	test_proofs_recent();
	test_cancelled();
	test_listener_end();
	queue_free(qu);
	return (unit_done());
}
