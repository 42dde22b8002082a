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
 * The fair queue of authpop under random use, compared with a model that knows
 * which checks must be in it: none is lost, duplicated or early, a displaced
 * check never has a better rank than necessary, and memory is bounded.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authpop/queue.h"
#include "limits.h"
#include "unit.h"

#define STEPS		300000
#define LISTENERS	4

static struct model {
	struct queue	*qu;
	uint8_t		 waits[STEPS + 1];	/* by si_num */
	size_t		 count;
	uint64_t	 number;
	uint64_t	 now;
	uint64_t	 seed;
	size_t		 per_rank[RANKS];	/* taken or displaced */
} model;

static unsigned int
draw(unsigned int n)
{
	model.seed = model.seed * 6364136223846793005ULL + 1442695040888963407;
	return ((unsigned int)(model.seed >> 33) % n);
}

/* A few sources that come often, and many that come once. */
static struct source
some_source(void)
{
	struct source	 so;
	unsigned int	 n = draw(2) ? draw(20) : draw(60000);

	memset(&so, 0, sizeof(so));
	so.so_version = draw(2) ? 4 : 6;
	so.so_addr[0] = 9;
	if (so.so_version == 4) {
		so.so_addr[2] = (uint8_t)(n >> 8);
		so.so_addr[3] = (uint8_t)n;
	} else {
		so.so_addr[5] = (uint8_t)(n >> 12);
		so.so_addr[6] = (uint8_t)(n >> 2);
		so.so_addr[7] = (uint8_t)n;
	}
	return (so);
}

/* gen of a number, so that a check can be named by its number alone. */
static struct session_id
name(uint64_t number)
{
	struct session_id	 id = { 1 + number % LISTENERS, number };

	return (id);
}

static void
left(const struct check *ck)
{
	uint64_t	 number = ck->ck_id.si_num;

	CHECK(number <= model.number && model.waits[number],
	    "%llu was not in it", (unsigned long long)number);
	model.waits[number] = 0;
	model.count--;
	model.per_rank[ck->ck_rank]++;
}

static void
add(void)
{
	struct msg_auth_check	 mac;
	struct check		*gone;
	int			 ret;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id = name(++model.number);
	mac.mac_source = some_source();
	snprintf(mac.mac_user, sizeof(mac.mac_user), "u%u", draw(50));
	snprintf(mac.mac_pass, sizeof(mac.mac_pass), "p%u", draw(99));
	ret = queue_add(model.qu, &mac, model.now, &gone);
	CHECK(ret == 0 || gone == NULL, "refused, and displaced");
	CHECK(gone == NULL || model.count >= CHECKS_WAITING, "there was room");
	CHECK(ret == 0 || model.count >= CHECKS_WAITING, "refused at %zu",
	    model.count);
	if (ret == 0) {
		model.waits[model.number] = 1;
		model.count++;
	}
	if (gone != NULL) {
		left(gone);
		queue_check_free(gone);
	}
}

static void
take(void)
{
	struct check	*ck;
	int64_t		 wait = queue_wait(model.qu, model.now);

	ck = queue_next(model.qu, model.now);
	CHECK(ck == NULL || wait == 0, "wait %lld", (long long)wait);
	CHECK((model.count == 0) == (wait == -1), "wait %lld with %zu",
	    (long long)wait, model.count);
	CHECK(wait <= FAILURE_DELAY_MAX_MS, "wait %lld", (long long)wait);
	if (ck == NULL) {
		CHECK(queue_wait(model.qu, model.now) != 0, "0, but none");
		return;
	}
	CHECK(ck->ck_ready <= model.now, "early");
	left(ck);
	/* No logins come from the odd networks. */
	if (draw(3) == 0 && ck->ck_claim.cl_source.so_addr[6] % 2 == 0 &&
	    ck->ck_claim.cl_source.so_addr[3] % 2 == 0)
		queue_succeeded(model.qu, ck, model.now);
	else
		queue_failed(model.qu, ck, model.now);
	queue_check_free(ck);
}

static void
cancel(void)
{
	struct session_id	 id;
	uint64_t		 number = 1 + draw((unsigned int)model.number);

	id = name(number);
	CHECK(queue_cancel(model.qu, &id, model.now) == model.waits[number],
	    "cancelled");
	model.count -= model.waits[number];
	model.waits[number] = 0;
}

static void
forget(void)
{
	uint64_t	 gen = 1 + draw(LISTENERS), number;

	queue_forget(model.qu, gen);
	for (number = 1; number <= model.number; number++)
		if (model.waits[number] && name(number).si_gen == gen) {
			model.waits[number] = 0;
			model.count--;
		}
}

/* Run a random step, which in adds of a hundred cases is an add(). */
static void
step(unsigned int adds)
{
	struct source	 so;
	unsigned int	 what = draw(100);

	if (what < adds)
		add();
	else if (what < 96)
		take();
	else if (what < 99 && model.number > 0)
		cancel();
	else if (draw(500) == 0)
		forget();
	else {
		so = some_source();
		queue_opened_nothing(model.qu, &so, draw(2) ? "u1" : NULL,
		    model.now);
	}
	model.now += draw(40);
	CHECK(queue_waiting(model.qu) == model.count, "%zu, not %zu",
	    queue_waiting(model.qu), model.count);
	CHECK(queue_waiting(model.qu) <= CHECKS_WAITING, "too many");
	CHECK(queue_sources(model.qu) <= FAILURE_SOURCES, "sources");
	CHECK(queue_pairs(model.qu) <= KNOWN_MAX, "pairs");
}

static void
drain(void)
{
	size_t	 i;

	model.now += FAILURE_DELAY_MAX_MS;
	for (i = model.count; i > 0; i--) {
		take();
		model.now += FAILURE_DELAY_MAX_MS;
	}
	CHECK(model.count == 0, "%zu are left", model.count);
	CHECK(queue_wait(model.qu, model.now) == -1, "something waits");
}

static void
test_mostly_empty(void)
{
	int	 i;

	unit_case("random use of a queue that is mostly empty");
	for (i = 0; i < STEPS / 4; i++)
		step(45);
	drain();
}

static void
test_mostly_full(void)
{
	int	 i;

	unit_case("random use of a queue that is mostly full");
	for (i = 0; i < STEPS / 2; i++)
		step(70);
	drain();
}

static void
test_all_ranks(void)
{
	int	 rank;

	unit_case("all ranks were there");
	for (rank = 0; rank < RANKS; rank++)
		CHECK(model.per_rank[rank] > 1000, "%d: %zu", rank,
		    model.per_rank[rank]);
	queue_free(model.qu);
}

int
main(void)
{
	model.qu = queue_new();
	model.now = 1000000;
	model.seed = 20260101;
	test_mostly_empty();
	test_mostly_full();
	test_all_ranks();
	return (unit_done());
}
