/* link: authpop/queue.o lib/source.o lib/table.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The fair queue of authpop: bounds, turns, delays, and what is forgotten.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authpop/queue.h"
#include "limits.h"
#include "unit.h"

#define T0	1000000ULL		/* some moment */

static struct queue	*qu;
static uint64_t		 number;

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

static struct source
from6(unsigned int net, unsigned int host)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 6;
	so.so_addr[0] = 0x20;
	so.so_addr[7] = (uint8_t)net;
	so.so_addr[15] = (uint8_t)host;
	return so;
}

/* Put in a check; si_gen tells whose it is. */
static int
put(struct source so, uint64_t gen, uint64_t now)
{
	struct msg_auth_check	 mac;
	struct check		*displaced;
	int			 ret;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = gen;
	mac.mac_id.si_num = ++number;
	mac.mac_source = so;
	(void)snprintf(mac.mac_user, sizeof(mac.mac_user), "Some.User@EXAMPLE");
	(void)snprintf(mac.mac_pass, sizeof(mac.mac_pass), "PassWord");
	ret = queue_add(qu, &mac, now, &displaced);
	if (displaced != NULL) {
		CHECK(ret == 0, "displaced for nothing");
		check_free(displaced);
		return 2;
	}
	return ret;
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
	check_free(ck);
	return gen;
}

static void
fail(struct source so, unsigned int times, uint64_t now)
{
	while (times-- > 0)
		queue_failed(qu, &so, now);
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

	again("one source: first come, first served, up to its bound");
	CHECK(queue_wait(qu, T0) == -1, "something waits");
	for (i = 0; i < CHECKS_PER_SOURCE; i++)
		CHECK(put(from4(1), 1, T0) == 0, "check %d", i);
	CHECK(put(from4(1), 1, T0) == -1, "one too many");
	CHECK(put(from4(2), 1, T0) == 0, "another source");
	CHECK(queue_wait(qu, T0) == 0, "nothing is ready");
	while ((ck = queue_next(qu, T0)) != NULL) {
		if (ck->ck_source.so_addr[3] == 1) {
			CHECK(ck->ck_id.si_num > last, "order");
			last = ck->ck_id.si_num;
		}
		CHECK(strcmp(ck->ck_user, "some.user@example") == 0, "%s",
		    ck->ck_user);
		CHECK(strcmp(ck->ck_pass, "PassWord") == 0, "password");
		check_free(ck);
	}
	CHECK(queue_waiting(qu) == 0, "%zu wait", queue_waiting(qu));
	CHECK(queue_sources(qu) == 0, "%zu kept", queue_sources(qu));

	again("a source that is being delayed has a shorter line");
	fail(from4(1), FAILURES_FREE + 1, T0);
	for (i = 0; i < CHECKS_PER_GUESSER; i++)
		CHECK(put(from4(1), 1, T0) == 0, "check %d", i);
	CHECK(put(from4(1), 1, T0) == -1, "one too many");
	CHECK(put(from4(1), 1, T0 + FAILURE_FORGET_MS) == 0, "forgotten");

	again("ports and hosts of an IPv6 /64 are one source, others are not");
	for (i = 0; i < CHECKS_PER_SOURCE; i++)
		CHECK(put(from6(1, (unsigned int)i), 1, T0) == 0, "%d", i);
	CHECK(put(from6(1, 99), 1, T0) == -1, "one too many");
	CHECK(put(from6(2, 0), 1, T0) == 0, "another network");

	again("all sources together have a bound");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(from4((unsigned int)i), 1, T0) == 0, "%d", i);
	CHECK(put(from4(CHECKS_WAITING), 1, T0) == -1, "one too many");
	CHECK(put(from4(0), 1, T0) == -1, "one too many");

	again("whoever fills the queue makes room for those who have none");
	for (i = 0; i < CHECKS_WAITING; i++)
		CHECK(put(from4((unsigned int)i / CHECKS_PER_SOURCE), 1,
		    T0) == 0, "%d", i);
	for (i = 0; i < 20; i++)
		CHECK(put(from4(1000 + (unsigned int)i), 2, T0) == 2,
		    "source %d had no place", i);
	CHECK(put(from4(0), 1, T0) == -1, "more for one with many");
	CHECK(queue_waiting(qu) == CHECKS_WAITING, "%zu", queue_waiting(qu));
}

static void
test_turns(void)
{
	int	 i, others = 0, at = -1;

	again("sources take turns, whoever came first");
	for (i = 0; i < CHECKS_PER_SOURCE; i++)
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
	for (i = 0; i < 30 * CHECKS_PER_SOURCE; i++)
		(void)put(from4((unsigned int)i % 30), 1, T0);
	(void)put(from4(5000), 9, T0);
	for (i = 0; at == -1 && i < 100; i++) {
		if (next(T0) == 9)
			at = i;
		else
			others++;
	}
	CHECK(others <= 30, "%d were before it", others);
}

static void
test_delays(void)
{
	uint64_t	 now;
	unsigned int	 i;

	again("the first failures are free, then delays grow to their bound");
	for (i = 1; i <= 30; i++) {
		struct source	 so = from4(1);
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
	fail(from4(1), 50, T0);
	(void)put(from4(1), 1, T0);
	(void)put(from4(2), 2, T0);
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
	fail(from4(1), 50, T0);
	fail(from4(2), FAILURES_FREE + 1, T0);
	(void)put(from4(1), 1, T0);
	(void)put(from4(2), 2, T0);
	CHECK(queue_wait(qu, T0) == FAILURE_DELAY_MS, "wait");
	CHECK(next(T0 + FAILURE_DELAY_MS) == 2, "the shorter delay");

	again("failures are forgotten one by one, all within minutes");
	fail(from4(1), 1000, T0);
	for (now = T0; now < T0 + 6 * 60 * 1000; now += FAILURE_FORGET_MS) {
		struct source	 so = from4(1);
		uint64_t	 a = queue_delay(qu, &so, now);
		uint64_t	 b = queue_delay(qu, &so,
				    now + FAILURE_FORGET_MS);

		CHECK(b <= a, "grows");
		CHECK(a == 0 || b < a, "stays at %llu",
		    (unsigned long long)a);
	}
	(void)put(from4(1), 1, now);
	CHECK(next(now) == 1, "still delayed");
	(void)put(from4(2), 1, now);
	(void)next(now);
	CHECK(queue_sources(qu) == 0, "%zu kept", queue_sources(qu));
}

static void
test_memory(void)
{
	struct source	 so = from4(7);
	unsigned int	 i;

	again("the memory for failures has a bound; the latest are kept");
	fail(so, 20, T0);
	for (i = 0; i < 3 * FAILURE_SOURCES; i++) {
		fail(from4(1000 + i), 5, T0 + i);
		if (i % 1000 == 0)
			fail(so, 1, T0 + i);
	}
	CHECK(queue_sources(qu) <= FAILURE_SOURCES, "%zu",
	    queue_sources(qu));
	CHECK(queue_delay(qu, &so, T0 + i) > 0, "forgotten");
	so = from4(1000);
	CHECK(queue_delay(qu, &so, T0 + i) == 0, "the oldest is kept");

	again("sources whose checks wait are never forgotten");
	(void)put(from4(1), 1, T0);
	for (i = 0; i < 2 * FAILURE_SOURCES; i++)
		fail(from4(1000 + i), 5, T0);
	CHECK(next(T0) == 1, "lost");
}

static void
test_cancel(void)
{
	struct session_id	 id;
	int			 i;

	again("a cancelled check is gone, and its place free");
	for (i = 0; i < CHECKS_PER_SOURCE; i++)
		(void)put(from4(1), 1, T0);
	id.si_gen = 1;
	id.si_num = number - 3;
	CHECK(queue_cancel(qu, &id) == 1, "not there");
	CHECK(queue_cancel(qu, &id) == 0, "twice");
	id.si_gen = 2;
	id.si_num = number;
	CHECK(queue_cancel(qu, &id) == 0, "of another listener");
	CHECK(queue_waiting(qu) == CHECKS_PER_SOURCE - 1, "count");
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

/*
 * A model of the whole: two checkers of 67 ms (bcrypt, cost 10), 64 clients
 * of one address that try again as soon as they are answered, and now and
 * then a person from somewhere else.
 */
static void
test_hammer(void)
{
	uint64_t	 now, busy[2] = { 0, 0 }, came = 0, worst = 0, took;
	uint64_t	 tried = 0, person = 0;
	struct check	*run[2] = { NULL, NULL };
	int		 c, i;

	again("64 hammering clients of one source do not hold up a person");
	for (now = T0; now < T0 + 120000; now++) {
		for (i = 0; i < 64; i++)
			if (put(from4(1), 1, now) != 0)
				break;
		if (now % 5000 == 0 && came == 0) {
			came = now;
			(void)put(from4(2 + (unsigned int)(now / 5000)), 2,
			    now);
		}
		for (c = 0; c < 2; c++) {
			if (run[c] != NULL && now < busy[c])
				continue;
			if (run[c] != NULL) {
				if (run[c]->ck_id.si_gen == 2) {
					took = now - came;
					worst = took > worst ? took : worst;
					came = 0;
					person++;
				} else {
					tried++;
					queue_failed(qu, &run[c]->ck_source,
					    now);
				}
				check_free(run[c]);
			}
			run[c] = queue_next(qu, now);
			busy[c] = now + 67;
		}
	}
	check_free(run[0]);
	check_free(run[1]);
	CHECK(person >= 20, "%llu logins", (unsigned long long)person);
	CHECK(worst <= 2 * 67 + 2, "one took %llu ms",
	    (unsigned long long)worst);
	/* Eight waiting, four seconds each: about two a second. */
	CHECK(tried < 2 * 120 + 50, "%llu guesses in two minutes",
	    (unsigned long long)tried);
	CHECK(tried > 100, "%llu guesses: stalled", (unsigned long long)tried);
}

int
main(void)
{
	test_lines();
	test_turns();
	test_delays();
	test_memory();
	test_cancel();
	test_hammer();
	queue_free(qu);
	return unit_done();
}
