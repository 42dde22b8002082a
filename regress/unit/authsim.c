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
 * Simulation of authpop with a simulated clock: two checkers of 70 ms (bcrypt,
 * cost 10), users logging in, and attackers.  Each client waits for its answer
 * and tries again after a pause.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authpop/queue.h"
#include "limits.h"
#include "unit.h"

#define T0		10000000ULL
#define STEP		5		/* ms of one turn of the model */
#define HASH		70
#define CHECKERS	2
#define CLIENTS		20000
#define TOO_LONG	60000		/* ms after which a client goes */

struct client {
	struct source	 so;
	int		 honest;
	int		 flood;		/* a new IPv6 /64 each time */
	unsigned int	 user;
	uint64_t	 next;		/* its next try; 0: it waits */
	uint64_t	 came;
	uint64_t	 pause;		/* between tries; 0: one login only */
	struct session_id id;
};

static struct sim {
	struct queue	*qu;
	struct client	 clients[CLIENTS];
	size_t		 count;
	struct check	*run[CHECKERS];
	uint64_t	 busy[CHECKERS];
	uint64_t	 now;
	uint64_t	 number;
	uint64_t	 worst;		/* wait of an honest login, in ms */
	uint64_t	 sum;
	unsigned int	 logins;
	unsigned int	 refused;	/* honest logins */
	unsigned int	 guesses;
} sim;

static void
begin(const char *name)
{
	unit_case(name);
	if (sim.qu != NULL)
		queue_free(sim.qu);
	memset(&sim, 0, sizeof(sim));
	sim.qu = queue_new();
	sim.now = T0;
}

/* Print the measurements, and reset them. */
static void
told(const char *what)
{
	printf("# %s: %u logins, %u refused, mean %llu ms, worst %llu ms;"
	    " %u guesses\n", what, sim.logins, sim.refused,
	    (unsigned long long)(sim.logins == 0 ? 0 : sim.sum / sim.logins),
	    (unsigned long long)sim.worst, sim.guesses);
}

static void
measure(void)
{
	sim.worst = sim.sum = 0;
	sim.logins = sim.refused = sim.guesses = 0;
}

static struct source
ipv4(unsigned int net, unsigned int host)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 4;
	so.so_addr[0] = (uint8_t)(net >> 16);
	so.so_addr[1] = (uint8_t)(net >> 8);
	so.so_addr[2] = (uint8_t)net;
	so.so_addr[3] = (uint8_t)host;
	return (so);
}

static struct source
ipv6(unsigned int site, unsigned int net)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 6;
	so.so_addr[0] = 0x20;
	so.so_addr[4] = (uint8_t)(site >> 8);
	so.so_addr[5] = (uint8_t)site;
	so.so_addr[6] = (uint8_t)(net >> 8);
	so.so_addr[7] = (uint8_t)net;
	return (so);
}

static struct client *
join(struct source so, int honest, unsigned int user, uint64_t start,
    uint64_t wait)
{
	struct client	*cl = &sim.clients[sim.count++];

	cl->so = so;
	cl->honest = honest;
	cl->user = user;
	cl->next = sim.now + start + 1;
	cl->pause = wait;
	return (cl);
}

/* Users of distinct, unknown networks, each once in two minutes. */
static void
people(unsigned int count, unsigned int net, uint64_t wait)
{
	unsigned int	 i;

	for (i = 0; i < count; i++)
		join(ipv4(net + i, 9), 1, 100000 + net + i,
		    (uint64_t)i * 120000 / count, wait);
}

static void
office(unsigned int users, unsigned int net)
{
	unsigned int	 i;

	for (i = 0; i < users; i++)
		join(ipv4(net, 1), 1, 200000 + i, 0, 0);
}

static void
guessers(struct source so, unsigned int connections)
{
	while (connections-- > 0)
		join(so, 0, 0, 0, 10);
}

static void
refused(struct client *cl)
{
	sim.refused += (unsigned int)cl->honest;
	cl->next = sim.now + 1000;
}

static void
try(struct client *cl)
{
	struct msg_auth_check	 mac;
	struct check		*gone;

	memset(&mac, 0, sizeof(mac));
	if (cl->flood)
		cl->so = ipv6(7, (unsigned int)++sim.number);
	mac.mac_id.si_gen = (uint64_t)(cl - sim.clients) + 1;
	mac.mac_id.si_num = ++sim.number;
	mac.mac_source = cl->so;
	snprintf(mac.mac_user, sizeof(mac.mac_user), "user%u",
	    cl->honest || cl->user != 0 ? cl->user :
	    (unsigned int)sim.number);
	snprintf(mac.mac_pass, sizeof(mac.mac_pass), "%llu",
	    (unsigned long long)sim.number);
	cl->id = mac.mac_id;
	cl->came = sim.now;
	cl->next = 0;
	if (queue_add(sim.qu, &mac, sim.now, &gone) == -1)
		refused(cl);
	if (gone != NULL) {
		refused(&sim.clients[gone->ck_id.si_gen - 1]);
		queue_check_free(gone);
	}
}

static void
finish(struct check *ck)
{
	struct client	*cl = &sim.clients[ck->ck_id.si_gen - 1];
	uint64_t	 took = sim.now - cl->came;

	if (cl->honest || cl->user != 0) {
		queue_succeeded(sim.qu, ck, sim.now);
	} else {
		queue_failed(sim.qu, ck, sim.now);
		sim.guesses++;
	}
	queue_check_free(ck);
	if (cl->honest) {
		sim.logins++;
		sim.sum += took;
		sim.worst = took > sim.worst ? took : sim.worst;
	}
	cl->next = cl->honest && cl->pause == 0 ? UINT64_MAX :
	    sim.now + cl->pause;
}

static void
work(void)
{
	int	 c;

	for (c = 0; c < CHECKERS; c++) {
		if (sim.run[c] != NULL && sim.now < sim.busy[c])
			continue;
		if (sim.run[c] != NULL)
			finish(sim.run[c]);
		if ((sim.run[c] = queue_next(sim.qu, sim.now)) != NULL) {
			CHECK(sim.run[c]->ck_ready <= sim.now, "too early");
			sim.busy[c] = sim.now + HASH;
		}
	}
}

static void
play(uint64_t ms)
{
	struct client	*cl;
	uint64_t	 end = sim.now + ms;

	for (; sim.now < end; sim.now += STEP) {
		for (cl = sim.clients; cl < sim.clients + sim.count; cl++) {
			if (cl->next != 0 && cl->next <= sim.now)
				try(cl);
			else if (cl->next == 0 &&
			    sim.now - cl->came > TOO_LONG &&
			    queue_cancel(sim.qu, &cl->id, sim.now))
				refused(cl);
		}
		work();
	}
}

/* End a model: free what is unfinished. */
static void
over(void)
{
	int	 c;

	for (c = 0; c < CHECKERS; c++) {
		queue_check_free(sim.run[c]);
		sim.run[c] = NULL;
	}
}

static void
well(const char *what, unsigned int logins, uint64_t worst)
{
	told(what);
	CHECK(sim.refused == 0, "%u refused", sim.refused);
	CHECK(sim.logins >= logins, "%u logins", sim.logins);
	CHECK(sim.worst <= worst, "%llu ms", (unsigned long long)sim.worst);
}

static void
test_hammering(void)
{
	begin("64 hammering clients of one source do not hold up a person");
	guessers(ipv4(1, 1), 64);
	people(40, 1000, 0);
	play(121000);
	well("one source", 40, 1000);
	CHECK(sim.guesses > 100, "%u guesses: stalled", sim.guesses);
	over();
}

static void
test_two_networks(void)
{
	unsigned int	 i;

	begin("300 sources of two IPv6 /56 guess, people log in");
	for (i = 0; i < 300; i++)
		guessers(ipv6(i % 2, i / 2), 8);
	people(40, 1000, 0);
	play(121000);
	well("two /56", 40, 1000);
	over();
}

static void
test_many_networks(void)
{
	unsigned int	 i;

	begin("300 sources of as many IPv4 networks guess, people log in");
	people(40, 1000, 120000);
	play(121000);
	measure();
	for (i = 0; i < 300; i++)
		guessers(ipv4(i + 1, 1), 8);
	people(40, 2000, 0);
	play(20000);
	told("in the first 20 s");
	CHECK(sim.refused == 0, "%u refused", sim.refused);
	CHECK(sim.worst <= 300 * HASH / CHECKERS + 2000, "%llu",
	    (unsigned long long)sim.worst);
	measure();
	play(101000);
	well("then, half of them known", 60, 3000);
	over();
}

/* The guesses of one source in ten minutes, with a password or without. */
static unsigned int
guesses_of(const char *name, int password)
{
	unsigned int	 n;

	begin(name);
	guessers(ipv4(1, 1), 8);
	if (password)
		join(ipv4(1, 1), 0, 77, 0, 10);
	play(600000);
	n = sim.guesses;
	over();
	return (n);
}

static void
test_no_faster(void)
{
	unsigned int	 without, with;

	without = guesses_of("guesses without a password", 0);
	with = guesses_of("a password makes guessing no faster", 1);
	printf("# guesses in ten minutes: %u without, %u with\n", without,
	    with);
	CHECK(with <= without + without / 10, "%u, without it %u", with,
	    without);
}

static void
test_office_alone(void)
{
	begin("an office of 200 begins its day");
	office(200, 1);
	play(60000);
	well("office", 200, 200 * HASH / CHECKERS + 100);
	over();
}

static void
test_office_guesser(void)
{
	size_t	 c;

	begin("with a guesser at the same address");
	guessers(ipv4(1, 1), 32);
	play(60000);
	measure();
	office(200, 1);
	play(60000);
	well("first day", 200, 30000);
	measure();
	for (c = 0; c < sim.count; c++)
		if (sim.clients[c].honest)
			sim.clients[c].next = sim.now;
	play(60000);
	well("second day", 200, 200 * HASH / CHECKERS * 9 / 8 + 200);
	over();
}

static void
test_office_outside(void)
{
	unsigned int	 i;
	size_t		 c;

	begin("with 300 sources that guess elsewhere, and one there");
	guessers(ipv4(1, 1), 32);
	for (i = 0; i < 300; i++)
		guessers(ipv4(i + 100, 1), 8);
	play(60000);
	measure();
	office(200, 1);
	play(120000);
	well("first day", 200, 50000);
	measure();
	for (c = 0; c < sim.count; c++)
		if (sim.clients[c].honest)
			sim.clients[c].next = sim.now;
	play(60000);
	well("second day", 200, 200 * HASH / CHECKERS * 9 / 8 + 500);
	over();
}

static void
test_flood_network(void)
{
	unsigned int	 i;

	begin("a flood of new sources of one network");
	people(40, 1000, 120000);
	play(121000);
	measure();
	for (i = 0; i < 5000; i++)
		join(ipv6(7, 0), 0, 0, 0, 10)->flood = 1;
	people(40, 2000, 0);
	play(121000);
	well("people elsewhere", 80, 1000);
	CHECK(queue_sources(sim.qu) <= FAILURE_SOURCES, "memory");
	over();
}

static void
test_flood_neighbour(void)
{
	unsigned int	 i;

	begin("a user in a network that guesses");
	for (i = 0; i < 250; i++)
		guessers(ipv4(1, i), 8);
	play(60000);
	measure();
	for (i = 0; i < 5; i++)
		join(ipv4(1, 250 + i), 1, 300000 + i, i * 10000, 0);
	play(60000);
	well("a neighbour", 5, 5000);
	over();
}

static void
test_flood_password(void)
{
	unsigned int	 i;

	begin("a user with a password floods, others log in");
	for (i = 0; i < 5000; i++)
		join(ipv4(i % 5, 1), 0, 77, 0, 1);
	people(40, 2000, 0);
	play(121000);
	well("people", 40, 3000);
	over();
}

int
main(void)
{
	test_hammering();
	test_two_networks();
	test_many_networks();
	test_no_faster();
	test_office_alone();
	test_office_guesser();
	test_office_outside();
	test_flood_network();
	test_flood_neighbour();
	test_flood_password();
	queue_free(sim.qu);
	return (unit_done());
}
