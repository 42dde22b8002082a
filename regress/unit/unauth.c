/* link: lsnrpop/unauth.o lib/source.o
 * timeout: 120
 * link: lib/count.o
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

/* Of which rank the first to go is. */
static int
lowest(const unsigned int *count)
{
	unsigned int	 total = count[0] + count[1] + count[2];
	unsigned int	 share = total / 4 > 0 ? total / 4 : 1;
	int		 rank;

	for (rank = 0; rank < UNAUTH_RANKS; rank++)
		if (count[rank] > share)
			return (rank);
	return (count[1] > 0 ? 1 : count[0] > 0 ? 0 : 2);
}

/* Whether this is the first of the members of its group of a level. */
static int
leads(const struct member *m, unsigned int level)
{
	const struct member	*o;
	struct source_key	 sk;

	source_net(&m->source, level, &sk);
	for (o = members; o < m; o++)
		if (o->there && in_group(o, level, &sk))
			return (0);
	return (1);
}

/* Count the members of a group, and find the first to displace. */
static struct member *
model_first(unsigned int level, const struct source_key *key,
    unsigned int *count)
{
	struct member		*m, *first[MEMBERS], *best = NULL;
	struct source_key	 sk;
	unsigned int		 n[MEMBERS], kinds[UNAUTH_RANKS] = { 0 };
	unsigned int		 top[UNAUTH_RANKS] = { 0 }, i, parts = 0,
	    most = 0;
	int			 rank;

	*count = 0;
	for (m = members; m < members + MEMBERS; m++) {
		if (!m->there || (key != NULL && !in_group(m, level, key)) ||
		    (level > 0 && !leads(m, level - 1)))
			continue;
		first[parts] = m;
		n[parts] = 1;
		if (level > 0) {
			source_net(&m->source, level - 1, &sk);
			first[parts] = model_first(level - 1, &sk, &n[parts]);
		}
		*count += n[parts];
		most = n[parts] > most ? n[parts] : most;
		parts++;
	}
	for (i = 0; i < parts; i++) {
		kinds[first[i]->ua.ua_rank]++;
		if (n[i] == most)
			top[first[i]->ua.ua_rank] = 1;
	}
	for (i = 0; i < UNAUTH_RANKS; i++)
		kinds[i] *= top[i];
	rank = lowest(kinds);
	for (i = 0; i < parts; i++)
		if (n[i] == most && first[i]->ua.ua_rank == rank &&
		    (best == NULL ||
		    first[i]->ua.ua_since < best->ua.ua_since))
			best = first[i];
	return (best);
}

static void
toggle(struct member *m, struct source so)
{
	if (m->there)
		unauth_remove(&m->ua);
	else {
		m->source = so;
		CHECK(unauth_add(&m->ua, &m->source, 0, m) == 0, "no memory");
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
		CHECK(unauth_first(CROWD) == m, "round %u", i);
		CHECK(unauth_count() == count, "round %u", i);
	}
	for (m = members; m < members + MEMBERS; m++)
		if (m->there)
			toggle(m, m->source);
	CHECK(unauth_count() == 0 && unauth_first(CROWD) == NULL,
	    "some are left");
	CHECK(unauth_next() == NULL, "a turn of no connection");
}

/* Add member i and change its rank. */
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
test_network(void)
{
	int	 i;

	unit_case("a network that has most gives way before one address");
	for (i = 0; i < 5; i++)
		put(i, from4(1, 1), UNAUTH_SILENT);
	for (i = 5; i < 11; i++)
		put(i, from4(2, i), UNAUTH_WAITING);
	CHECK(unauth_first(CROWD) == &members[5], "the address went first");
	clear();
}

static void
test_big_network(void)
{
	int	 i;

	unit_case("a /48 of many /64 gives way before one /64");
	for (i = 0; i < 5; i++)
		put(i, from6(1, 1, 1), UNAUTH_SILENT);
	for (i = 5; i < 11; i++)
		put(i, from6(2, i, i), UNAUTH_SILENT);
	CHECK(unauth_first(CROWD) == &members[5], "the /64 went first");
	clear();
}

static void
test_order(void)
{
	/* The last handshake stays as long as there are idle ones. */
	const int	 order[] = { 0, 2, 3, 4, 1 };
	int		 i;

	unit_case("in a source: silent, then idle, then waiting, the oldest");
	put(0, from4(1, 1), UNAUTH_SILENT);
	put(1, from4(1, 1), UNAUTH_WAITING);
	put(2, from4(1, 1), UNAUTH_IDLE);
	put(3, from4(1, 1), UNAUTH_IDLE);
	put(4, from4(1, 1), UNAUTH_SILENT);
	for (i = 0; i < 5; i++) {
		CHECK(unauth_first(CROWD) == &members[order[i]], "not %d",
		    order[i]);
		toggle(&members[order[i]], members[order[i]].source);
	}
	clear();
}

/* Twenty of one or of many networks are of a rank, and a new one comes. */
static void
test_new(int network, enum unauth_rank rank)
{
	int	 i;

	for (i = 0; i < 20; i++)
		put(i, network ? from4(i, 1) : from4(1, 1), rank);
	put(20, network ? from4(20, 1) : from4(1, 1), UNAUTH_SILENT);
	CHECK(unauth_first(CROWD) == &members[0], "the new one went first");
	toggle(&members[0], members[0].source);
	unauth_rank(&members[20].ua, UNAUTH_IDLE);
	put(0, network ? from4(21, 1) : from4(1, 1), UNAUTH_SILENT);
	CHECK(unauth_first(CROWD) == &members[1], "who is idle went first");
	clear();
}

static void
test_idle_stay(void)
{
	unit_case("all are idle and stay: a new client gets in");
	test_new(1, UNAUTH_IDLE);
	test_new(0, UNAUTH_IDLE);
}

static void
test_pass_stay(void)
{
	unit_case("all wait for PASS's answer: a new client gets in");
	test_new(1, UNAUTH_WAITING);
	test_new(0, UNAUTH_WAITING);
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

static void
put_trusted(int i, struct source so)
{
	members[i].source = so;
	members[i].there = 1;
	CHECK(unauth_add(&members[i].ua, &so, 1, &members[i]) == 0,
	    "no memory");
}

/* In a room for 20. */
static void
test_trusted_half(void)
{
	int	 i;

	unit_case("strangers do not cost a trusted source its half");
	for (i = 0; i < 10; i++)
		put_trusted(i, from4(1, 1));
	for (; i < 21; i++)
		put(i, from4(i, 1), UNAUTH_WAITING);
	CHECK(unauth_first(20) == &members[10], "the trusted one went first");
	CHECK(unauth_count() == 21 && unauth_source(&members[0].ua) == 10 &&
	    unauth_source(&members[10].ua) == 1, "counts");
}

static void
test_strangers_half(void)
{
	unit_case("a trusted source does not lock strangers out of theirs");
	put_trusted(21, from4(1, 1));
	CHECK(unauth_first(20) == &members[0], "a stranger went first");
	toggle(&members[0], members[0].source);
	CHECK(unauth_first(20) == &members[10], "a trusted one went first");
}

static void
test_trusted_more(void)
{
	int	 i;

	unit_case("what strangers do not need trusted ones may have");
	for (i = 10; i < 21; i++)
		toggle(&members[i], members[i].source);
	CHECK(unauth_first(20) == &members[1], "none to go");
	clear();
}

static void
test_both_kinds(void)
{
	unit_case("an address of both kinds is two sources");
	put_trusted(0, from4(1, 1));
	put(1, from4(1, 1), UNAUTH_SILENT);
	CHECK(unauth_source(&members[0].ua) == 1 &&
	    unauth_source(&members[1].ua) == 1, "added up");
	clear();
}

static void
test_trusted_turns(void)
{
	int	 i;

	unit_case("turns: trusted ones and others alternate");
	for (i = 0; i < 4; i++) {
		put_trusted(i, from4(1, 1));
		put(i + 4, from4(i, 1), UNAUTH_SILENT);
		unauth_ready(&members[i].ua);
		unauth_ready(&members[i + 4].ua);
	}
	for (i = 0; i < 4; i++)
		CHECK(((struct member *)unauth_next() < members + 4) !=
		    ((struct member *)unauth_next() < members + 4), "%d", i);
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
			m = unauth_first(CROWD);
			unauth_remove(&m->ua);
			if (unauth_add(&m->ua, &m->source, 0, m) == -1)
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
	test_network();
	test_big_network();
	test_order();
	test_idle_stay();
	test_pass_stay();
	test_turns();
	test_trusted_half();
	test_strangers_half();
	test_trusted_more();
	test_both_kinds();
	test_trusted_turns();
	test_cost();
	return (unit_done());
}
