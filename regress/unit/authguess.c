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

/* Return how many guesses of a source run in a minute of the maximum delay. */
static unsigned int
guesses(struct source so, int connections)
{
	static uint64_t	 ids;
	struct check	*ck;
	uint64_t	 now;
	unsigned int	 count = 0;
	char		 pass[32];
	int		 i;

	for (i = 0; i < connections; i++) {
		snprintf(pass, sizeof(pass), "guess%llu",
		    (unsigned long long)++ids);
		CHECK(put_user(so, 1, pass, pass, T0) == 0, "no place");
	}
	for (now = T0; now < T0 + 90 * 1000; now += 10)
		while ((ck = queue_next(qu, now)) != NULL) {
			count += now >= T0 + 30 * 1000;
			queue_failed(qu, ck, now);
			queue_check_free(ck);
			snprintf(pass, sizeof(pass), "guess%llu",
			    (unsigned long long)++ids);
			CHECK(put_user(so, 1, pass, pass, now) == 0, "place");
		}
	queue_forget(qu, 1);
	return (count);
}

static void
test_in_a_row(void)
{
	unsigned int	 one, many, known;

	again("delays of a source run in a row, however many connections");
	one = guesses(net4(1), 1);
	many = guesses(net4(2), 100);
	printf("# a minute: %u by one, %u by 100", one, many);
	CHECK(one <= 18, "%u by one connection", one);
	CHECK(many >= 110 && many <= 125, "%u by 100 connections", many);
	many = guesses(net4(3), 2000);
	login(net4(4), "joe", "right", 1, T0);
	known = guesses(net4(4), 2000);
	printf(", %u by 2000 connections; %u with a password\n", many, known);
	CHECK(many >= 110 && many <= 125, "%u by 2000 connections", many);
	CHECK(known <= 1000, "%u with a password", known);
}

static void
test_scram_first(void)
{
	struct msg_auth_check	 mac;
	struct check		*ck, *displaced;

	again("asking for a salt is no guess");
	fail(net4(1), 50, T0);
	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = mac.mac_id.si_num = 7;
	mac.mac_source = net4(1);
	mac.mac_method = AUTH_SCRAM_FIRST;
	CHECK(queue_add(qu, &mac, T0, &displaced) == 0 &&
	    (ck = queue_next(qu, T0)) != NULL, "delayed");
	queue_check_free(ck);
}

int
main(void)
{
	test_pair_phones();
	test_guess_phones();
	test_in_a_row();
	test_scram_first();
	queue_free(qu);
	return (unit_done());
}
