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

/* The delays of authpop: failures, guesses, networks, pairs, trust. */

#include "authqueue.h"

static void
test_delay_counts(void)
{
	again("a delay counts from when the check came");
	CHECK(put(net4(1), 1, T0) == 0, "first");
	fail(net4(1), 50, T0 + FAILURE_DELAY_MAX_MS);
	CHECK(next(T0 + FAILURE_DELAY_MAX_MS) == 1, "longer than the longest");
}

static void
test_pair(void)
{
	struct source	 so = net4(1);

	again("a pair that logged in has nothing to do with its neighbours");
	login(so, "Joe", "right", 1, T0);
	fail(so, 50, T0);
	CHECK(queue_delay(qu, &so, T0) == FAILURE_DELAY_MAX_MS, "no failures");
	CHECK(put_user(so, 1, "ann", "x", T0) == 0, "ann");
	CHECK(put_user(so, 2, "jOE", "x", T0) == 0, "joe");
	CHECK(next(T0) == 2, "joe waits");
	CHECK(next(T0) == 0, "ann does not");
}

static void
test_pair_failures(void)
{
	struct source	 so = net4(1);
	char		 user[32];
	int		 i;

	again("but its own failures delay it, and those not free its source");
	login(so, "joe", "right", 1, T0);
	for (i = 0; i < FAILURES_FREE + 2; i++) {
		snprintf(user, sizeof(user), "wrong%d", i);
		login(so, "joe", user, 0, T0);
	}
	CHECK(queue_delay(qu, &so, T0) == 0, "free ones count");
	CHECK(put_user(so, 2, "joe", "right", T0) == 0, "joe");
	CHECK(next(T0) == 0, "not delayed");
	CHECK(next(T0 + 2 * FAILURE_DELAY_MS) == 2, "for longer");
	for (; i < 2 * FAILURES_FREE + 2; i++) {
		snprintf(user, sizeof(user), "wrong%d", i);
		login(so, "joe", user, 0, T0);
	}
	CHECK(queue_delay(qu, &so, T0) == 2 * FAILURE_DELAY_MS, "source");
}

static void
test_pair_month(void)
{
	struct source	 so = net4(1);

	again("a pair is forgotten after a month");
	login(so, "joe", "right", 1, T0);
	fail(so, 50, T0 + KNOWN_SECONDS * 1000ULL - 1);
	CHECK(put_user(so, 1, "joe", "x", T0 + KNOWN_SECONDS * 1000ULL - 1) ==
	    0 && next(T0 + KNOWN_SECONDS * 1000ULL - 1) == 1, "too early");
	CHECK(put_user(so, 1, "joe", "x", T0 + KNOWN_SECONDS * 1000ULL) == 0 &&
	    next(T0 + KNOWN_SECONDS * 1000ULL) == 0, "not at all");
}

static void
test_pair_users(void)
{
	struct source	 so = net4(1);
	int		 i;

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
}

static void
test_pair_bound(void)
{
	struct source	 so = net4(1);
	char		 user[32];
	int		 i;

	again("all pairs together have a bound; the oldest is forgotten");
	for (i = 0; i < KNOWN_MAX + 10; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		login(so, user, "right", 1, T0);
	}
	CHECK(queue_pairs(qu) == KNOWN_MAX, "%zu", queue_pairs(qu));
	fail(so, 50, T0);
	CHECK(put_user(so, 1, "user9", "x", T0) == 0 && next(T0) == 0,
	    "the oldest");
	CHECK(put_user(so, 1, "user10", "x", T0) == 0 && next(T0) == 1,
	    "the others");
}

static void
test_pair_unopened(void)
{
	struct source	 so = net4(1);

	again("a right password that opens nothing makes no pair");
	login(so, "joe", "right", 1, T0);
	queue_opened_nothing(qu, &so, "joe", T0);
	CHECK(queue_pairs(qu) == 0, "a pair");
	fail(so, 50, T0);
	CHECK(put_user(so, 1, "joe", "x", T0) == 0 && next(T0) == 0,
	    "not delayed");
}

static void
test_guess_twice(void)
{
	struct source	 so = net4(1);
	char		 pass[32];
	int		 i;

	again("the same wrong password for the same user is not counted again");
	for (i = 0; i < 100; i++)
		login(so, "joe", "old", 0, T0);
	CHECK(queue_delay(qu, &so, T0) == 0, "counted");
	for (i = 0; i < FAILURES_FREE; i++) {
		snprintf(pass, sizeof(pass), "user%d", i);
		login(so, pass, "old", 0, T0);
	}
	CHECK(queue_delay(qu, &so, T0) == FAILURE_DELAY_MS, "other users");
}

static void
test_guess_elsewhere(void)
{
	struct source	 so = net4(1);

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
}

static void
test_guess_forgiven(void)
{
	struct source	 so = net4(1);

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
}

static void
test_guess_others(void)
{
	struct source	 so = net4(1);
	uint64_t	 now = T0;
	uint64_t	 before;
	char		 pass[32];
	int		 i;

	again("a login does not forgive guesses at other users");
	for (i = 0; i < 2000; i++, now += 100) {
		snprintf(pass, sizeof(pass), "guess%d", i);
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
test_network_delay(void)
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
}

static void
test_network_v6(void)
{
	struct source	 so;
	unsigned int	 i;

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
}

static void
test_network_alone(void)
{
	struct source	 so;
	unsigned int	 i;

	again("one that hammers alone does not accuse its neighbours");
	for (i = 0; i < 3600; i++)
		fail(from4(1), 1, T0 + i * 1000);
	so = from4(2);
	CHECK(queue_delay(qu, &so, T0 + i * 1000) == 0, "accused");
}

static void
test_network_busy(void)
{
	struct source	 so;
	unsigned int	 i;

	again("a busy network with a failure now and then is not guilty");
	for (i = 0; i < 3600; i += 22) {
		fail(from4(i / 22), 1, T0 + i * 1000);
		fail(from4(i / 22), 1, T0 + (i + 6) * 1000);
	}
	so = from4(2);
	CHECK(queue_delay(qu, &so, T0 + i * 1000) == 0, "guilty");
}

static void
test_delay_grows(void)
{
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
}

static void
test_delay_others(void)
{
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
}

static void
test_delay_ready(void)
{
	again("a ready source after a delayed one is found");
	fail(net4(1), 50, T0);
	fail(net4(2), FAILURES_FREE + 1, T0);
	(void)put(net4(1), 1, T0);
	(void)put(net4(2), 2, T0);
	CHECK(queue_wait(qu, T0) == FAILURE_DELAY_MS, "wait");
	CHECK(next(T0 + FAILURE_DELAY_MS) == 2, "the shorter delay");
}

static void
test_delay_forgotten(void)
{
	uint64_t	 now;

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
test_memory_bound(void)
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
}

static void
test_memory_idle(void)
{
	struct source	 so = net4(7);
	unsigned int	 i;

	again("records without effect are forgotten");
	for (i = 0; i < 1000; i++)
		fail(net4(1000 + i), 2, T0);
	fail(so, 1, T0 + FAILURE_GUESS_MS);
	CHECK(queue_sources(qu) == 2, "%zu kept", queue_sources(qu));
}

static void
test_memory_waiting(void)
{
	unsigned int	 i;

	again("a source with waiting checks is not forgotten");
	(void)put(net4(1), 1, T0);
	for (i = 0; i < 2 * FAILURE_SOURCES; i++)
		fail(net4(1000 + i), 5, T0);
	CHECK(next(T0) == 1, "lost");
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
test_trust_many(void)
{
	struct source	 web = net4(1);
	struct source	 near = net4(1);
	char		 user[32];
	int		 i;

	near.so_addr[3] = 2;
	again("a trusted source: many users mistype, no one is delayed");
	trust(web);
	for (i = 0; i < 500; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		login(web, user, "typo", 0, T0);
	}
	CHECK(wait_of(web, "joe", T0) == 0, "joe waits");
	CHECK(wait_of(web, "user7", T0) == 0, "user7 waits");
	CHECK(wait_of(near, "ann", T0) == 0, "its neighbour waits");
}

static void
test_trust_guess(void)
{
	struct source	 web = net4(1);
	struct source	 near = net4(1);
	char		 pass[32];
	int		 i;

	again("a trusted source: guesses at one user are delayed");
	for (i = 0; i < 50; i++) {
		snprintf(pass, sizeof(pass), "guess%d", i);
		login(web, "victim", pass, 0, T0);
	}
	CHECK(wait_of(web, "victim", T0) >= FAILURE_DELAY_MAX_MS, "%lld ms",
	    (long long)wait_of(web, "victim", T0));
	CHECK(wait_of(web, "joe", T0) == 0, "joe waits");
	CHECK(wait_of(near, "joe", T0) == 0, "its neighbour waits");
	CHECK(wait_of(net4(9), "victim", T0) == 0, "elsewhere, too");
}

static void
test_trust_known(void)
{
	struct source	 web = net4(1);
	char		 pass[32];
	int		 i;

	again("a trusted source: a known user has failures of their own");
	login(web, "joe", "right", 1, T0);
	for (i = 0; i < FAILURES_FREE; i++) {
		snprintf(pass, sizeof(pass), "guess%d", i);
		login(web, "joe", pass, 0, T0);
	}
	CHECK(wait_of(web, "joe", T0) == 0, "three are free");
	login(web, "joe", "guess", 0, T0);
	CHECK(wait_of(web, "joe", T0) == FAILURE_DELAY_MS, "no delay");
	login(web, "joe", "right", 1, T0);
	CHECK(wait_of(web, "joe", T0) == 0, "not forgiven");
	nets_use(NULL, 0);
}

/* One login of a user, from a place of its own: whether it may be. */
static int
logs_in(unsigned int place, const char *user, uint64_t delay, uint64_t came,
    uint64_t taken)
{
	struct check	*ck;
	int		 may;

	CHECK(put_user(from4(place), 1, user, "right", came) == 0, "no place");
	ck = queue_next(qu, taken);
	CHECK(ck != NULL && ck->ck_came == came && ck->ck_taken == taken,
	    "not taken");
	queue_succeeded(qu, ck, taken);
	may = queue_login(qu, ck, delay);
	queue_check_free(ck);
	return (may);
}

static void
test_delay_elsewhere(void)
{
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
}

static void
test_delay_unopened(void)
{
	unsigned int	 i;

	unit_case("a login that opened nothing does not count");
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
}

static void
test_delay_told(void)
{
	unsigned int	 i;

	unit_case("waiting for the announced time is always enough");
	for (i = 1; i < 20; i++)
		CHECK(logs_in(4, "bob", 1000, T0 + 5000 + i * 1000,
		    T0 + 5000 + i * 1000 + (i % 2) * 900), "login %u", i);
}

int
main(void)
{
	test_delay_counts();
	test_delay_grows();
	test_delay_others();
	test_delay_ready();
	test_delay_forgotten();
	test_pair();
	test_pair_failures();
	test_pair_month();
	test_pair_users();
	test_pair_bound();
	test_pair_unopened();
	test_guess_twice();
	test_guess_elsewhere();
	test_guess_forgiven();
	test_guess_others();
	test_network_delay();
	test_network_v6();
	test_network_alone();
	test_network_busy();
	test_trust_many();
	test_trust_guess();
	test_trust_known();
	test_memory_bound();
	test_memory_idle();
	test_memory_waiting();
	queue_free(qu);
	test_delay_elsewhere();
	test_delay_unopened();
	test_delay_told();
	return (unit_done());
}
