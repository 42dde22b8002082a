/* link: lsnrpop/unauth.o lib/source.o
 * timeout: 40
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Connections without a login, added up by network: who goes first, beside a
 * model that looks at all of them each time, and whose turn it is.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lsnrpop/unauth.h"
#include "source.h"
#include "unit.h"

#define MEMBERS	24
#define CROWD	10000
#define ROUNDS	300000

static struct member {
	struct unauth	 ua;
	struct source	 source;
	int		 there;
} members[CROWD];

static uint32_t	 seed = 1;

/* Numbers that are the same each time. */
static unsigned int
number(unsigned int below)
{
	seed = seed * 1103515245 + 12345;
	return ((seed >> 16) % below);
}

static struct source
from4(unsigned int net, unsigned int host)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 4;
	so.so_addr[0] = 10;
	so.so_addr[1] = net >> 8;
	so.so_addr[2] = net;
	so.so_addr[3] = host;
	return (so);
}

static struct source
from6(unsigned int a, unsigned int b, unsigned int c)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 6;
	so.so_addr[0] = 0x20;
	so.so_addr[5] = a;
	so.so_addr[6] = b;
	so.so_addr[7] = c;
	so.so_addr[15] = number(256);
	return (so);
}

static struct source
anywhere(void)
{
	if (number(2))
		return (from4(number(3), number(4)));
	return (from6(number(2), number(2), number(2)));
}

static int
in_group(const struct member *m, unsigned int level,
    const struct source_key *key)
{
	struct source_key	 sk;

	source_net(&m->source, level, &sk);
	return (memcmp(&sk, key, sizeof(sk)) == 0);
}

/* The place of one in the order in which those of its source go. */
static int
place(const struct member *m)
{
	const struct member	*o;
	struct source_key	 sk;
	int			 silent = 0, idle = 0;

	source_net(&m->source, 0, &sk);
	for (o = members; o < members + MEMBERS; o++) {
		if (!o->there || !in_group(o, 0, &sk))
			continue;
		silent += o->ua.ua_rank == UNAUTH_SILENT;
		idle += o->ua.ua_rank == UNAUTH_IDLE;
	}
	if (m->ua.ua_rank == UNAUTH_SILENT && silent == 1 && idle > 0)
		return (UNAUTH_WAITING);
	return (m->ua.ua_rank);
}

static int
before(const struct member *a, const struct member *b, unsigned int level)
{
	int	 x = level == 0 ? place(a) : a->ua.ua_rank;
	int	 y = level == 0 ? place(b) : b->ua.ua_rank;

	return (x != y ? x < y : a->ua.ua_since < b->ua.ua_since);
}

/* Of those in a group of a level: how many, and who goes first. */
static struct member *
model_first(unsigned int level, const struct source_key *key,
    unsigned int *count)
{
	struct member		*m, *best = NULL, *first;
	struct source_key	 sk;
	unsigned int		 n, most = 0;

	*count = 0;
	for (m = members; m < members + MEMBERS; m++) {
		if (!m->there || (key != NULL && !in_group(m, level, key)))
			continue;
		(*count)++;
		first = m;
		n = 1;
		if (level > 0) {
			source_net(&m->source, level - 1, &sk);
			first = model_first(level - 1, &sk, &n);
		}
		if (level > 0 && n < most)
			continue;
		if ((level > 0 && n > most) || best == NULL ||
		    before(first, best, level))
			best = first;
		most = n;
	}
	return (best);
}

static void
toggle(struct member *m, struct source so)
{
	if (m->there)
		unauth_remove(&m->ua);
	else {
		m->source = so;
		CHECK(unauth_add(&m->ua, &m->source, m) == 0, "no memory");
	}
	m->there = !m->there;
}

static void
test_model(void)
{
	struct member	*m;
	unsigned int	 i, count;

	unit_case("random changes: the model names the same one");
	for (i = 0; i < 5000; i++) {
		m = &members[number(MEMBERS)];
		switch (number(4)) {
		case 0:
			unauth_rank(&m->ua, number(UNAUTH_RANKS));
			break;
		case 1:
			unauth_ready(&m->ua);
			break;
		default:
			toggle(m, anywhere());
		}
		if (number(8) == 0 && (m = unauth_next()) != NULL)
			CHECK(m->there, "the turn of one that is gone");
		m = model_first(SOURCE_LEVELS, NULL, &count);
		CHECK(unauth_first() == m, "round %u", i);
		CHECK(unauth_count() == count, "round %u", i);
	}
	for (m = members; m < members + MEMBERS; m++)
		if (m->there)
			toggle(m, m->source);
	CHECK(unauth_count() == 0 && unauth_first() == NULL, "some are left");
	CHECK(unauth_next() == NULL, "a turn of nobody");
}

/* Add member i, and change what it is. */
static void
put(int i, struct source so, enum unauth_rank rank)
{
	toggle(&members[i], so);
	unauth_rank(&members[i].ua, rank);
}

static void
clear(void)
{
	struct member	*m;

	for (m = members; m < members + CROWD; m++)
		if (m->there)
			toggle(m, m->source);
}

static void
test_shares(void)
{
	/* The last handshake stays as long as there are idle ones. */
	const int	 order[] = { 0, 2, 3, 4, 1 };
	int		 i;

	unit_case("a network that has most gives way before one address");
	for (i = 0; i < 5; i++)
		put(i, from4(1, 1), UNAUTH_SILENT);
	for (i = 5; i < 11; i++)
		put(i, from4(2, i), UNAUTH_WAITING);
	CHECK(unauth_first() == &members[5], "the address went first");
	clear();

	unit_case("a /48 of many /64 gives way before one /64");
	for (i = 0; i < 5; i++)
		put(i, from6(1, 1, 1), UNAUTH_SILENT);
	for (i = 5; i < 11; i++)
		put(i, from6(2, i, i), UNAUTH_SILENT);
	CHECK(unauth_first() == &members[5], "the /64 went first");
	clear();

	unit_case("in a source: silent, then idle, then waiting, the oldest");
	put(0, from4(1, 1), UNAUTH_SILENT);
	put(1, from4(1, 1), UNAUTH_WAITING);
	put(2, from4(1, 1), UNAUTH_IDLE);
	put(3, from4(1, 1), UNAUTH_IDLE);
	put(4, from4(1, 1), UNAUTH_SILENT);
	for (i = 0; i < 5; i++) {
		CHECK(unauth_first() == &members[order[i]], "not %d", order[i]);
		toggle(&members[order[i]], members[order[i]].source);
	}
	clear();
}

static void
test_turns(void)
{
	struct member	*m;
	int		 i, from[3] = { 0, 0, 0 };

	unit_case("turns: networks first, then sources, then the oldest");
	for (i = 0; i < 30; i++)
		put(i, i < 20 ? from4(1, 1) : i < 25 ? from4(1, 2) :
		    from4(2, 1), UNAUTH_SILENT);
	for (i = 0; i < 30; i++)
		unauth_ready(&members[i].ua);
	for (i = 0; i < 8; i++) {
		m = unauth_next();
		from[m < members + 20 ? 0 : m < members + 25 ? 1 : 2]++;
	}
	CHECK(from[0] == 2 && from[1] == 2 && from[2] == 4, "%d %d %d",
	    from[0], from[1], from[2]);
	for (i = 8; i < 30; i++)
		CHECK(unauth_next() != NULL, "one was lost");
	CHECK(unauth_next() == NULL, "one had two turns");
	clear();
}

/* A list would need minutes for this. */
static void
test_cost(void)
{
	struct member	*m;
	int		 i, kind;

	unit_case("10,000 addresses: a change costs little, wherever they are");
	for (kind = 0; kind < 3; kind++) {
		for (i = 0; i < CROWD; i++)
			put(i, kind == 0 ? from4(i, 1) : kind == 1 ?
			    from4(i >> 8, i) : from6(1, i >> 8, i),
			    UNAUTH_SILENT);
		for (i = 0; i < ROUNDS; i++) {
			m = unauth_first();
			unauth_remove(&m->ua);
			if (unauth_add(&m->ua, &m->source, m) == -1)
				break;
			unauth_rank(&m->ua, number(UNAUTH_RANKS));
		}
		CHECK(unauth_count() == CROWD, "%u", unauth_count());
		clear();
	}
}

int
main(void)
{
	unauth_init();
	test_model();
	test_shares();
	test_turns();
	test_cost();
	return (unit_done());
}
