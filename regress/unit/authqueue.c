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

/*
 * The fair queue of authpop: places, ranks, turns, delays, and what is
 * remembered and forgotten.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authpop/queue.h"
#include "limits.h"
#include "nets.h"
#include "unit.h"

#define T0	1000000ULL		/* some moment */

static struct queue	*qu;
static uint64_t		 number;
static uint64_t		 given;		/* whose check gave way */

static struct source
from4(unsigned int n)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 4;
	so.so_addr[0] = 10;
	so.so_addr[1] = (uint8_t)(n >> 16);
	so.so_addr[2] = (uint8_t)(n >> 8);
	so.so_addr[3] = (uint8_t)n;
	so.so_port = (uint16_t)(1024 + number % 50000);
	return so;
}

/* A /24 of its own for each n. */
static struct source
net4(unsigned int n)
{
	return (from4(n << 8 | 1));
}

/* net is the last two octets of the /64: 256 of them are a /56. */
static struct source
from6(unsigned int net, unsigned int host)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 6;
	so.so_addr[0] = 0x20;
	so.so_addr[6] = (uint8_t)(net >> 8);
	so.so_addr[7] = (uint8_t)net;
	so.so_addr[15] = (uint8_t)host;
	return (so);
}

/* Put in a check; si_gen tells whose it is, 2 that somebody gave way. */
static int
put_user(struct source so, uint64_t gen, const char *user, const char *pass,
    uint64_t now)
{
	struct msg_auth_check	 mac;
	struct check		*displaced;
	int			 ret;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = gen;
	mac.mac_id.si_num = ++number;
	mac.mac_source = so;
	(void)snprintf(mac.mac_user, sizeof(mac.mac_user), "%s", user);
	(void)snprintf(mac.mac_pass, sizeof(mac.mac_pass), "%s", pass);
	ret = queue_add(qu, &mac, now, &displaced);
	if (displaced == NULL)
		return (ret);
	CHECK(ret == 0, "displaced for nothing");
	given = displaced->ck_id.si_gen;
	queue_check_free(displaced);
	return (2);
}

static int
put(struct source so, uint64_t gen, uint64_t now)
{
	return (put_user(so, gen, "Some.User@EXAMPLE", "PassWord", now));
}

/* One login from beginning to end, in an empty queue. */
static void
login(struct source so, const char *user, const char *pass, int right,
    uint64_t now)
{
	struct check	*ck;

	CHECK(put_user(so, 1, user, pass, now) == 0, "no place");
	ck = queue_next(qu, now + FAILURE_DELAY_MAX_MS);
	CHECK(ck != NULL, "nothing to check");
	if (ck == NULL)
		return;
	if (right)
		queue_succeeded(qu, ck, now);
	else
		queue_failed(qu, ck, now);
	queue_check_free(ck);
}

/* The gen of the next check, 0 if there is none. */
static uint64_t
next(uint64_t now)
{
	struct check	*ck;
	uint64_t	 gen;

	if ((ck = queue_next(qu, now)) == NULL)
		return 0;
	gen = ck->ck_id.si_gen;
	queue_check_free(ck);
	return gen;
}

static void
fail(struct source so, unsigned int times, uint64_t now)
{
	while (times-- > 0)
		queue_useless(qu, &so, NULL, now);
}

static void
again(const char *name)
{
	unit_case(name);
	if (qu != NULL)
		queue_free(qu);
	qu = queue_new();
}

static void
test_lines(void)
{
	struct check	*ck;
	uint64_t	 last = 0;
	int		 i;

	again("one source: first come, first served");
	CHECK(queue_wait(qu, T0) == -1, "something waits");
	for (i = 0; i < 200; i++)
		CHECK(put(from4(1), 1, T0) == 0, "check %d", i);
	CHECK(put(from4(2), 1, T0) == 0, "another source");
	CHECK(queue_wait(qu, T0) == 0, "nothing is ready");
	while ((ck = queue_next(qu, T0)) != NULL) {
		if (ck->ck_claim.cl_source.so_addr[3] == 1) {
			CHECK(ck->ck_id.si_num > last, "order");
			last = ck->ck_id.si_num;
		}
		CHECK(strcmp(ck->ck_user, "some.user@example") == 0, "%s",
		    ck->ck_user);
		CHECK(strcmp(ck->ck_pass, "PassWord") == 0, "password");
		queue_check_free(ck);
	}
	CHECK(queue_waiting(qu) == 0, "%zu wait", queue_waiting(qu));
	CHECK(queue_sources(qu) == 0, "%zu kept", queue_sources(qu));

	again("a name is not used twice");
	CHECK(put(from4(1), 1, T0) == 0, "first");
	number--;
	CHECK(put(from4(2), 1, T0) == -1, "second");
	CHECK(queue_waiting(qu) == 1, "%zu wait", queue_waiting(qu));
}

static void
test_places(void)
{
	int	 i;

	again("among equals with one check each nobody gives way");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(net4((unsigned int)i), 1, T0) == 0, "%d", i);
	CHECK(put(net4(CHECKS_WAITING), 1, T0) == -1, "one too many");
	CHECK(put(net4(0), 1, T0) == -1, "one too many");

	again("whoever fills the queue makes room for those who have none");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(net4((unsigned int)i / 32), 1, T0) == 0, "%d", i);
	for (i = 0; i < 20; i++)
		CHECK(put(net4(1000 + (unsigned int)i), 2, T0) == 2,
		    "source %d had no place", i);
	CHECK(given == 1, "one with one check gave way");
	CHECK(put(net4(0), 1, T0) == -1, "more for one with many");
	CHECK(queue_waiting(qu) == CHECKS_WAITING, "%zu", queue_waiting(qu));

	again("the addresses of a network are added up first");
	for (i = 0; i < CHECKS_WAITING / 2; i++) {
		CHECK(put(from4((unsigned int)i % 256), 1, T0) == 0, "/24");
		CHECK(put(net4(100 + (unsigned int)i / 64), 2, T0) == 0,
		    "others have more than any address of it");
	}
	CHECK(put(net4(1000), 3, T0) == 2 && given == 1, "IPv4");
	again("the /64 of a /56 and the /56 of a /48, too");
	for (i = 0; i < CHECKS_WAITING / 2; i++) {
		CHECK(put(from6((unsigned int)i, 1), 1, T0) == 0, "/48");
		CHECK(put(net4(100 + (unsigned int)i / 64), 2, T0) == 0,
		    "others have more than any /56 of it");
	}
	CHECK(put(net4(1000), 3, T0) == 2 && given == 1, "IPv6");

	again("a newcomer of a network with most takes the place of one in it");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(from4(7), 1, T0) == 0, "%d", i);
	CHECK(put(from4(8), 2, T0) == 2 && given == 1, "not its neighbour");
	CHECK(put(from4(7), 1, T0) == -1, "not itself");
}

static void
test_ranks(void)
{
	int	 i, lower;

	again("a better rank takes the place of a lower one, whoever has most");
	fail(net4(1), FAILURES_FREE + 1, T0);
	CHECK(put(net4(1), 9, T0) == 0, "delayed");
	for (i = 1; i < CHECKS_WAITING; i++)
		CHECK(put(net4(2), 1, T0) == 0, "%d", i);
	CHECK(put(net4(2), 1, T0) == 2 && given == 9, "the delayed one stays");
	CHECK(put(net4(2), 1, T0) == -1, "one too many");
	CHECK(put(net4(1), 9, T0) == -1, "delayed takes a place");

	again("but unknown sources keep some places, and take them");
	login(net4(1), "joe", "right", 1, T0);
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(net4(1), 1, T0) == 0, "%d", i);
	for (i = 0; i < CHECKS_KEPT; i++)
		CHECK(put(net4(2), 2, T0) == 2 && given == 1, "%d", i);
	CHECK(put(net4(2), 2, T0) == -1, "more than that");
	CHECK(put(net4(3), 3, T0) == 2 && given == 2, "not from its equals");
	CHECK(put(net4(1), 1, T0) == -1, "taken back");

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

	again("a lower rank has every eighth turn");
	fail(net4(1), 1, T0);
	for (i = 0, lower = 0; i < 100; i++) {
		CHECK(put(net4(1), 1, T0) == 0, "suspect");
		CHECK(put(net4(2), 2, T0) == 0, "unknown");
	}
	for (i = 0; i < 80; i++)
		lower += next(T0) == 1;
	CHECK(lower == 80 / TURNS_EACH, "%d of 80", lower);

	again("who sends many at once has them judged one by one");
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

	again("a delay counts from when the check came");
	CHECK(put(net4(1), 1, T0) == 0, "first");
	fail(net4(1), 50, T0 + FAILURE_DELAY_MAX_MS);
	CHECK(next(T0 + FAILURE_DELAY_MAX_MS) == 1, "longer than the longest");

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
test_pairs(void)
{
	struct source	 so = net4(1);
	char		 user[32];
	int		 i;

	again("a pair that logged in has nothing to do with its neighbours");
	login(so, "Joe", "right", 1, T0);
	fail(so, 50, T0);
	CHECK(queue_delay(qu, &so, T0) == FAILURE_DELAY_MAX_MS, "no failures");
	CHECK(put_user(so, 1, "ann", "x", T0) == 0, "ann");
	CHECK(put_user(so, 2, "jOE", "x", T0) == 0, "joe");
	CHECK(next(T0) == 2, "joe waits");
	CHECK(next(T0) == 0, "ann does not");

	again("but its own failures delay it, and cost the source");
	login(so, "joe", "right", 1, T0);
	for (i = 0; i < FAILURES_FREE + 2; i++) {
		(void)snprintf(user, sizeof(user), "wrong%d", i);
		login(so, "joe", user, 0, T0);
	}
	CHECK(put_user(so, 2, "joe", "right", T0) == 0, "joe");
	CHECK(next(T0) == 0, "not delayed");
	CHECK(next(T0 + 2 * FAILURE_DELAY_MS) == 2, "for longer");
	CHECK(queue_delay(qu, &so, T0) == 2 * FAILURE_DELAY_MS, "source");

	again("a pair is forgotten after a month");
	login(so, "joe", "right", 1, T0);
	fail(so, 50, T0 + KNOWN_SECONDS * 1000ULL - 1);
	CHECK(put_user(so, 1, "joe", "x", T0 + KNOWN_SECONDS * 1000ULL - 1) ==
	    0 && next(T0 + KNOWN_SECONDS * 1000ULL - 1) == 1, "too early");
	CHECK(put_user(so, 1, "joe", "x", T0 + KNOWN_SECONDS * 1000ULL) == 0 &&
	    next(T0 + KNOWN_SECONDS * 1000ULL) == 0, "not at all");

	again("one user's pairs do not push out those of others");
	login(so, "joe", "right", 1, T0);
	for (i = 0; i < 3 * KNOWN_MAX / 2; i++) {
		login(from6((unsigned int)i, 1), "eve", "right", 1, T0 + 1);
		if (i % 4096 == 0)
			CHECK(queue_pairs(qu) <= KNOWN_PER_USER + 1, "%zu",
			    queue_pairs(qu));
	}
	fail(so, 50, T0 + 2);
	CHECK(put_user(so, 1, "joe", "x", T0 + 2) == 0 && next(T0 + 2) == 1,
	    "joe is forgotten");

	again("all pairs together have a bound; the oldest is forgotten");
	for (i = 0; i < KNOWN_MAX + 10; i++) {
		(void)snprintf(user, sizeof(user), "user%d", i);
		login(so, user, "right", 1, T0);
	}
	CHECK(queue_pairs(qu) == KNOWN_MAX, "%zu", queue_pairs(qu));
	fail(so, 50, T0);
	CHECK(put_user(so, 1, "user9", "x", T0) == 0 && next(T0) == 0,
	    "the oldest");
	CHECK(put_user(so, 1, "user10", "x", T0) == 0 && next(T0) == 1,
	    "the others");

	again("a right password that opens nothing makes no pair");
	login(so, "joe", "right", 1, T0);
	queue_useless(qu, &so, "joe", T0);
	CHECK(queue_pairs(qu) == 0, "a pair");
	fail(so, 50, T0);
	CHECK(put_user(so, 1, "joe", "x", T0) == 0 && next(T0) == 0,
	    "not delayed");
}

static void
test_guesses(void)
{
	struct source	 so = net4(1);
	uint64_t	 now = T0, before;
	char		 pass[32];
	int		 i;

	again("the same wrong password for the same user is not counted again");
	for (i = 0; i < 100; i++)
		login(so, "joe", "old", 0, T0);
	CHECK(queue_delay(qu, &so, T0) == 0, "counted");
	for (i = 0; i < FAILURES_FREE; i++) {
		(void)snprintf(pass, sizeof(pass), "user%d", i);
		login(so, pass, "old", 0, T0);
	}
	CHECK(queue_delay(qu, &so, T0) == FAILURE_DELAY_MS, "other users");
	again("but is from another source, or after an hour");
	login(so, "joe", "old", 0, T0);
	fail(so, FAILURES_FREE - 1, T0);
	login(net4(2), "joe", "old", 0, T0);
	CHECK(queue_delay(qu, &so, T0) == 0, "free");
	login(so, "joe", "old", 0, T0 + 1);
	CHECK(queue_delay(qu, &so, T0 + 1) == 0, "the same");
	fail(so, FAILURES_FREE, T0 + FAILURE_GUESS_MS);
	login(so, "joe", "old", 0, T0 + FAILURE_GUESS_MS);
	CHECK(queue_delay(qu, &so, T0 + FAILURE_GUESS_MS) > 0, "an hour");

	again("a login forgives its user's own mistakes");
	login(so, "joe", "typo1", 0, T0);
	login(so, "joe", "typo2", 0, T0);
	fail(so, FAILURES_FREE - 1, T0);
	CHECK(queue_delay(qu, &so, T0) == FAILURE_DELAY_MS, "not counted");
	login(so, "joe", "right", 1, T0);
	fail(so, 1, T0);
	CHECK(queue_delay(qu, &so, T0) == 0, "not forgiven");
	login(so, "joe", "right", 1, T0);
	fail(so, 1, T0);
	CHECK(queue_delay(qu, &so, T0) == FAILURE_DELAY_MS, "forgiven twice");

	again("and no guesses at others: a password washes nobody clean");
	for (i = 0; i < 2000; i++, now += 100) {
		(void)snprintf(pass, sizeof(pass), "guess%d", i);
		login(so, "victim", pass, 0, now);
		login(so, "eve", "right", 1, now);
		login(so, "eve", pass, 0, now);
		login(so, "eve", "right", 1, now);
	}
	before = queue_delay(qu, &so, now);
	CHECK(before >= FAILURE_DELAY_MAX_MS - FAILURE_DELAY_MS, "%llu ms",
	    (unsigned long long)before);
}

static void
test_networks(void)
{
	struct source	 so;
	unsigned int	 i;

	again("failures all over a network delay its unknown sources a little");
	login(from4(200), "joe", "right", 1, T0);
	for (i = 0; i <= NETWORK_FREE; i++) {
		so = from4(201);
		CHECK(queue_delay(qu, &so, T0) == 0, "at %u", i);
		fail(from4(i), 1, T0);
	}
	CHECK(queue_delay(qu, &so, T0) == NETWORK_DELAY_MS, "no delay");
	for (i = 0; i < 100; i++)
		fail(from4(i), 1, T0);
	CHECK(queue_delay(qu, &so, T0) == NETWORK_DELAY_MAX_MS, "%llu",
	    (unsigned long long)queue_delay(qu, &so, T0));
	CHECK(put(so, 1, T0) == 0, "accused");
	for (i = 0; i < 3; i++)
		CHECK(put(net4(9), 2, T0) == 0, "not accused");
	for (i = 0; i < 3; i++)
		CHECK(next(T0 + NETWORK_DELAY_MAX_MS) == 2, "turns");
	CHECK(next(T0 + NETWORK_DELAY_MAX_MS) == 1, "lost");
	so = from4(200);
	CHECK(queue_delay(qu, &so, T0) == 0, "a source with a login");
	so = from4(300);
	CHECK(queue_delay(qu, &so, T0) == 0, "the next network");
	so = from4(201);
	CHECK(queue_delay(qu, &so, T0 + 6 * 60 * 1000) == 0, "for ever");

	again("an IPv6 /56 and a /48, too");
	for (i = 0; i <= NETWORK_FREE; i++)
		fail(from6(i, 1), 1, T0);
	so = from6(255, 1);
	CHECK(queue_delay(qu, &so, T0) == NETWORK_DELAY_MS, "/56");
	so = from6(256, 1);
	CHECK(queue_delay(qu, &so, T0) == 0, "another /56");
	for (i = 0; i <= SITE_FREE - NETWORK_FREE; i++)
		fail(from6(256 * (i + 2), 1), 1, T0);
	CHECK(queue_delay(qu, &so, T0) > 0, "/48");

	again("one that hammers alone does not accuse its neighbours");
	for (i = 0; i < 3600; i++)
		fail(from4(1), 1, T0 + i * 1000);
	so = from4(2);
	CHECK(queue_delay(qu, &so, T0 + i * 1000) == 0, "accused");

	again("a busy network with a failure now and then is not guilty");
	for (i = 0; i < 3600; i += 22) {
		fail(from4(i / 22), 1, T0 + i * 1000);
		fail(from4(i / 22), 1, T0 + (i + 6) * 1000);
	}
	CHECK(queue_delay(qu, &so, T0 + i * 1000) == 0, "guilty");
}

static void
test_turns(void)
{
	int	 i, others = 0, at = -1;

	again("sources take turns, whoever came first");
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

static void
test_proofs(void)
{
	struct check	*proofs[PROOFS_ASKED];
	unsigned int	 i;

	again("no more proofs at once than a table looks at");
	for (i = 0; i < PROOFS_ASKED; i++) {
		put_proof(from4(i), 1);
		proofs[i] = queue_next(qu, T0);
		CHECK(proofs[i] != NULL && proofs[i]->ck_id.si_gen == 1,
		    "proof %u", i);
	}
	for (i = 0; i < 3; i++)
		put_proof(from4(100 + i), 2);
	login(from4(200), "ann", "right", 1, T0);
	put_proof(from4(200), 3);
	CHECK(queue_next(qu, T0) == NULL, "one too many");
	CHECK(queue_wait(qu, T0) == -1, "one could be taken");
	CHECK(put(from4(201), 4, T0) == 0 && next(T0) == 4,
	    "others wait for them");

	unit_case("and who logged in lately is the next");
	queue_check_free(proofs[0]);
	CHECK(queue_wait(qu, T0) == 0, "none could be taken");
	CHECK((proofs[0] = queue_next(qu, T0)) != NULL &&
	    proofs[0]->ck_id.si_gen == 3, "not the first");
	CHECK(queue_next(qu, T0) == NULL, "one too many");
	for (i = 0; i < PROOFS_ASKED; i++)
		queue_check_free(proofs[i]);
	for (i = 0; i < 3; i++)
		CHECK(next(T0) == 2, "another is left");
	CHECK(queue_waiting(qu) == 0, "%zu wait", queue_waiting(qu));
}

static void
test_delays(void)
{
	uint64_t	 now;
	unsigned int	 i;

	again("the first failures are free, then delays grow to their bound");
	for (i = 1; i <= 30; i++) {
		struct source	 so = net4(1);
		uint64_t	 want;

		fail(so, 1, T0);
		want = i <= FAILURES_FREE ? 0 :
		    (i - FAILURES_FREE) * FAILURE_DELAY_MS;
		if (want > FAILURE_DELAY_MAX_MS)
			want = FAILURE_DELAY_MAX_MS;
		CHECK(queue_delay(qu, &so, T0) == want, "%u: %llu", i,
		    (unsigned long long)queue_delay(qu, &so, T0));
	}

	again("a delay holds a check back, not those of other sources");
	fail(net4(1), 50, T0);
	(void)put(net4(1), 1, T0);
	(void)put(net4(2), 2, T0);
	CHECK(next(T0) == 2, "the other source");
	CHECK(next(T0) == 0, "too early");
	CHECK(queue_wait(qu, T0) == FAILURE_DELAY_MAX_MS, "wait %lld",
	    (long long)queue_wait(qu, T0));
	CHECK(queue_wait(qu, T0 + FAILURE_DELAY_MAX_MS - 1) == 1, "wait");
	CHECK(next(T0 + FAILURE_DELAY_MAX_MS - 1) == 0, "too early");
	CHECK(queue_wait(qu, T0 + FAILURE_DELAY_MAX_MS) == 0, "wait");
	CHECK(next(T0 + FAILURE_DELAY_MAX_MS) == 1, "not when its time came");
	CHECK(queue_wait(qu, T0 + FAILURE_DELAY_MAX_MS) == -1, "more");

	again("a ready source behind one that is held back is found");
	fail(net4(1), 50, T0);
	fail(net4(2), FAILURES_FREE + 1, T0);
	(void)put(net4(1), 1, T0);
	(void)put(net4(2), 2, T0);
	CHECK(queue_wait(qu, T0) == FAILURE_DELAY_MS, "wait");
	CHECK(next(T0 + FAILURE_DELAY_MS) == 2, "the shorter delay");

	again("failures are forgotten one by one, all within minutes");
	fail(net4(1), 1000, T0);
	for (now = T0; now < T0 + 6 * 60 * 1000; now += FAILURE_FORGET_MS) {
		struct source	 so = net4(1);
		uint64_t	 a = queue_delay(qu, &so, now);
		uint64_t	 b = queue_delay(qu, &so,
				    now + FAILURE_FORGET_MS);

		CHECK(b <= a, "grows");
		CHECK(a == 0 || b < a, "stays at %llu",
		    (unsigned long long)a);
	}
	(void)put(net4(1), 1, now);
	CHECK(next(now) == 1, "still delayed");
}

static void
test_memory(void)
{
	struct source	 so = net4(7);
	unsigned int	 i;

	again("the memory for failures has a bound; the worst are kept");
	fail(so, 20, T0);
	for (i = 0; i < 3 * FAILURE_SOURCES; i++)
		fail(net4(1000 + i), 2, T0 + i);
	CHECK(queue_sources(qu) <= FAILURE_SOURCES, "%zu",
	    queue_sources(qu));
	CHECK(queue_delay(qu, &so, T0 + i) > 0, "forgotten");

	again("what says nothing any more is forgotten");
	for (i = 0; i < 1000; i++)
		fail(net4(1000 + i), 2, T0);
	fail(so, 1, T0 + FAILURE_GUESS_MS);
	CHECK(queue_sources(qu) == 2, "%zu kept", queue_sources(qu));

	again("whoever waits is not forgotten for what others do");
	(void)put(net4(1), 1, T0);
	for (i = 0; i < 2 * FAILURE_SOURCES; i++)
		fail(net4(1000 + i), 5, T0);
	CHECK(next(T0) == 1, "lost");
}

static void
test_cancel(void)
{
	struct session_id	 id;
	int			 i;

	again("a cancelled check is gone, and its place free");
	for (i = 0; i < 32; i++)
		(void)put(from4(1), 1, T0);
	id.si_gen = 1;
	id.si_num = number - 3;
	CHECK(queue_cancel(qu, &id) == 1, "not there");
	CHECK(queue_cancel(qu, &id) == 0, "twice");
	id.si_gen = 2;
	id.si_num = number;
	CHECK(queue_cancel(qu, &id) == 0, "of another listener");
	CHECK(queue_waiting(qu) == 31, "count");
	CHECK(put(from4(1), 1, T0) == 0, "place");

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

/* From now on this source and no other is trusted. */
static void
trust(struct source so)
{
	struct msg_net	*mnt;

	if ((mnt = calloc(1, sizeof(*mnt))) == NULL)
		abort();
	mnt->mnt_kind = NET_TRUST;
	mnt->mnt_net = so;
	mnt->mnt_bits = 32;
	nets_use(mnt, 1);
}

/* The delay of this user there. */
static int64_t
wait_of(struct source so, const char *user, uint64_t now)
{
	int64_t		 wait;

	(void)put_user(so, 1, user, "any", now);
	wait = queue_wait(qu, now);
	queue_forget(qu, 1);
	return (wait);
}

static void
test_trust(void)
{
	struct source	 web = net4(1), near = net4(1);
	char		 user[32], pass[32];
	int		 i;

	near.so_addr[3] = 2;
	again("a trusted source: many users mistype, nobody waits");
	trust(web);
	for (i = 0; i < 500; i++) {
		(void)snprintf(user, sizeof(user), "user%d", i);
		login(web, user, "typo", 0, T0);
	}
	CHECK(wait_of(web, "joe", T0) == 0, "joe waits");
	CHECK(wait_of(web, "user7", T0) == 0, "user7 waits");
	CHECK(wait_of(near, "ann", T0) == 0, "its neighbour waits");

	again("but who guesses one user's password there waits");
	for (i = 0; i < 50; i++) {
		(void)snprintf(pass, sizeof(pass), "guess%d", i);
		login(web, "victim", pass, 0, T0);
	}
	CHECK(wait_of(web, "victim", T0) == FAILURE_DELAY_MAX_MS, "%lld ms",
	    (long long)wait_of(web, "victim", T0));
	CHECK(wait_of(web, "joe", T0) == 0, "joe waits");
	CHECK(wait_of(near, "joe", T0) == 0, "its neighbour waits");
	CHECK(wait_of(net4(9), "victim", T0) == 0, "elsewhere, too");

	again("who is known there is judged by his own failures");
	login(web, "joe", "right", 1, T0);
	for (i = 0; i < FAILURES_FREE; i++) {
		(void)snprintf(pass, sizeof(pass), "guess%d", i);
		login(web, "joe", pass, 0, T0);
	}
	CHECK(wait_of(web, "joe", T0) == 0, "three are free");
	login(web, "joe", "guess", 0, T0);
	CHECK(wait_of(web, "joe", T0) == FAILURE_DELAY_MS, "no delay");
	login(web, "joe", "right", 1, T0);
	CHECK(wait_of(web, "joe", T0) == 0, "not forgiven");
	nets_use(NULL, 0);
}

/*
 * One login of a user, or by a certificate of this name, of a place of its
 * own: whether it may be.
 */
static int
logs_in_as(unsigned int place, const char *name, const char *user,
    uint64_t delay, uint64_t came, uint64_t taken)
{
	struct check	*ck;
	int		 may;

	CHECK(put_user(from4(place), 1, name, "right", came) == 0, "no place");
	ck = queue_next(qu, taken);
	CHECK(ck != NULL && ck->ck_came == came && ck->ck_taken == taken,
	    "not taken");
	if (user != NULL)
		queue_person(qu, ck, user);
	queue_succeeded(qu, ck, taken);
	may = queue_login(qu, ck, delay);
	queue_check_free(ck);
	return (may);
}

static int
logs_in(unsigned int place, const char *user, uint64_t delay, uint64_t came,
    uint64_t taken)
{
	return (logs_in_as(place, user, NULL, delay, came, taken));
}

static void
test_login_delay(void)
{
	unsigned int	 i;

	unit_case("two logins in the time between logins, wherever they are");
	qu = queue_new();
	CHECK(logs_in(1, "joe", 1000, T0, T0), "the first");
	CHECK(logs_in(2, "joe", 1000, T0 + 10, T0 + 10), "the second");
	CHECK(!logs_in(1, "joe", 1000, T0 + 20, T0 + 20), "the third");
	CHECK(!logs_in(3, "JOE", 1000, T0 + 999, T0 + 999), "JOE");
	CHECK(logs_in(1, "ann", 1000, T0 + 999, T0 + 999), "another user");
	CHECK(logs_in(1, "joe", 1000, T0 + 1000, T0 + 1000), "in time");
	CHECK(!logs_in(1, "joe", 1000, T0 + 1009, T0 + 1009), "again");
	CHECK(logs_in(1, "joe", 1000, T0 + 1010, T0 + 1010), "in time again");

	unit_case("a login that opened nothing is none");
	for (i = 0; i < 10; i++) {
		CHECK(logs_in(3, "sue", 1000, T0 + 100, T0 + 100), "login %u",
		    i);
		queue_logout(qu, "sue");
	}
	queue_logout(qu, "sue");
	queue_logout(qu, "nobody");
	for (i = 0; i < LOGINS_EACH; i++)
		CHECK(logs_in(3, "sue", 1000, T0 + 200, T0 + 200), "not free");
	CHECK(!logs_in(3, "sue", 1000, T0 + 200, T0 + 200), "one too many");

	unit_case("who waits for the time that is told is never too soon");
	for (i = 1; i < 20; i++)
		CHECK(logs_in(4, "bob", 1000, T0 + 5000 + i * 1000,
		    T0 + 5000 + i * 1000 + (i % 2) * 900), "login %u", i);

	unit_case("a login by a certificate is its user's, whatever its name");
	CHECK(logs_in_as(5, "eve", "dan", 1000, T0 + 50000, T0 + 50000),
	    "the first");
	CHECK(logs_in_as(5, "eve", "dan", 1000, T0 + 50000, T0 + 50000),
	    "the second");
	CHECK(!logs_in_as(6, "dan@example.org", "dan", 1000, T0 + 50000,
	    T0 + 50000), "another certificate");
	CHECK(!logs_in(5, "dan", 1000, T0 + 50000, T0 + 50000), "a password");
	for (i = 0; i < LOGINS_EACH; i++)
		CHECK(logs_in(5, "eve", 1000, T0 + 50000, T0 + 50000),
		    "a user of that name");
	CHECK(!logs_in(5, "eve", 1000, T0 + 50000, T0 + 50000),
	    "his third");
	queue_free(qu);
}

int
main(void)
{
	test_lines();
	test_places();
	test_ranks();
	test_turns();
	test_proofs();
	test_delays();
	test_pairs();
	test_guesses();
	test_networks();
	test_trust();
	test_memory();
	test_cancel();
	queue_free(qu);
	test_login_delay();
	return unit_done();
}
