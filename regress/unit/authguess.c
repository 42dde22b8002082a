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
 * How fast a source can guess, and what the same old password again and again
 * costs others there.
 */

#include "authqueue.h"

/* Thirteen users of a source with old passwords, and one who is new there. */
static void
test_pair_phones(void)
{
	struct source	 so = net4(1);
	char		 user[32];
	uint64_t	 now = T0;
	int		 i;

	again("users with old passwords delay nobody at their source");
	for (i = 0; i < 13; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		login(so, user, "right", 1, T0);
	}
	for (; now < T0 + FAILURE_GUESS_MS; now += 60 * 1000)
		for (i = 0; i < 13; i++) {
			snprintf(user, sizeof(user), "user%d", i);
			CHECK(put_user(so, 1, user, "old", now) == 0 &&
			    queue_wait(qu, now) == 0, "waits");
			queue_forget(qu, 1);
			login(so, user, "old", 0, now);
			CHECK(queue_delay(qu, &so, now) == 0, "delayed");
		}
}

/* The same, and none has logged in there since popd was started. */
static void
test_guess_phones(void)
{
	struct source	 so = net4(1);
	char		 user[32];
	uint64_t	 now = T0;
	int		 i;

	again("strangers with old passwords delay it for minutes only");
	for (; now < T0 + FAILURE_GUESS_MS; now += 60 * 1000)
		for (i = 0; i < 13; i++) {
			snprintf(user, sizeof(user), "user%d", i);
			login(so, user, "old", 0, now);
			CHECK(now < T0 + 5 * 60 * 1000 ||
			    queue_delay(qu, &so, now) == 0, "delayed");
		}
}

/* A guess comes, at a user of its own if NULL.  Return if it asks the cache. */
static unsigned int
guess(struct source so, const char *user, uint64_t now)
{
	static uint64_t		 ids;
	struct session_id	 id = { 1, 0 };
	struct check		*ck;
	char			 pass[32];

	snprintf(pass, sizeof(pass), "guess%llu", (unsigned long long)++ids);
	CHECK(put_user(so, 1, user == NULL ? pass : user, pass, now) == 0,
	    "no place");
	id.si_num = number;
	if ((ck = queue_ask(qu, &id, now)) == NULL)
		return (0);
	queue_again(qu, ck, now);
	return (1);
}

/*
 * Return how many guesses of a source run in a minute of the maximum delay,
 * and how many of them ask the cache before.
 */
static unsigned int
guesses(struct source so, const char *user, int connections,
    unsigned int *asked)
{
	struct check	*ck;
	uint64_t	 now;
	unsigned int	 count = 0;
	int		 i;

	*asked = 0;
	for (i = 0; i < connections; i++)
		(void)guess(so, user, T0);
	for (now = T0; now < T0 + 90 * 1000; now += 10)
		while ((ck = queue_next(qu, now)) != NULL) {
			count += now >= T0 + 30 * 1000;
			queue_failed(qu, ck, now);
			queue_check_free(ck);
			*asked += guess(so, user, now) &&
			    now >= T0 + 30 * 1000;
		}
	queue_forget(qu, 1);
	return (count);
}

static void
test_in_a_row(void)
{
	unsigned int	 one, many, known, asked;

	again("delays of a source run in a row, however many connections");
	one = guesses(net4(1), NULL, 1, &asked);
	many = guesses(net4(2), NULL, 100, &asked);
	printf("# a minute: %u by one, %u by 100", one, many);
	CHECK(one <= 18, "%u by one connection", one);
	CHECK(many >= 110 && many <= 125, "%u by 100 connections", many);
	many = guesses(net4(3), NULL, 2000, &asked);
	login(net4(4), "joe", "right", 1, T0);
	known = guesses(net4(4), NULL, 2000, &asked);
	printf(", %u by 2000 connections; %u with a password\n", many, known);
	CHECK(many >= 110 && many <= 125, "%u by 2000 connections", many);
	CHECK(known <= 1000, "%u with a password", known);
	CHECK(asked == 0, "%u asked the cache", asked);
}

/* Most of those that come may ask, and each takes the turn of another guess. */
static void
test_asked(void)
{
	unsigned int	 count, asked;

	again("guesses at a known pair: questions to the cache are guesses");
	login(net4(1), "joe", "right", 1, T0);
	count = guesses(net4(1), "joe", 200, &asked);
	printf("# a minute: %u, %u ask the cache\n", count, asked);
	CHECK(count + asked <= 1000, "%u and %u", count, asked);
	CHECK(asked > count / 10 * 9, "%u of %u", asked, count);
}

/* None, before it is delayed. */
static void
test_asked_source(void)
{
	unsigned int	 i, j, early = 0, asked = 0;
	char		 user[32], pass[32];

	again("such questions of a source are bounded, however many its users");
	for (i = 0; i < 10; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		login(net4(1), user, "right", 1, T0);
		early += guess(net4(1), user, T0);
		queue_forget(qu, 1);
		for (j = 0; j < FAILURES_FREE + 1; j++) {
			snprintf(pass, sizeof(pass), "wrong%u", j);
			login(net4(1), user, pass, 0, T0);
		}
		for (j = 0; j < CACHE_ASK_BURST; j++)
			asked += guess(net4(1), user, T0);
		queue_forget(qu, 1);
	}
	CHECK(early == 0, "%u that are not delayed", early);
	CHECK(asked == CACHE_ASK_BURST, "%u", asked);
	CHECK(guess(net4(1), "user0", T0 + CACHE_ASK_MS - 1) == 0, "early");
	CHECK(guess(net4(1), "user0", T0 + CACHE_ASK_MS) == 1, "one more");
	CHECK(guess(net4(1), "nobody", T0 + 60 * 1000) == 0, "not known");
}

int
main(void)
{
	test_pair_phones();
	test_guess_phones();
	test_in_a_row();
	test_asked();
	test_asked_source();
	queue_free(qu);
	return (unit_done());
}
