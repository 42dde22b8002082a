/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users and where they logged in from.  In: successful logins.  Out: whether a
 * pair of user and source, or a source, is known.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "pairs.h"
#include "penalty.h"
#include "source.h"

TAILQ_HEAD(pair_list, pair);

/* A user, while there is a pair of that user. */
struct person {
	RB_ENTRY(person)	 ps_node;
	uint64_t		 ps_user;
	struct pair_list	 ps_pairs;	/* oldest first */
	unsigned int		 ps_count;
	uint64_t		 ps_login[LOGINS_EACH];	/* oldest first */
	unsigned int		 ps_logins;
};

/* A source, while there is a pair of that source. */
struct home {
	RB_ENTRY(home)		 ho_node;
	struct source_key	 ho_key;
	unsigned int		 ho_count;
	uint64_t		 ho_asked;	/* see pairs_ask() */
};

struct pair {
	RB_ENTRY(pair)		 pr_node;
	TAILQ_ENTRY(pair)	 pr_age;
	TAILQ_ENTRY(pair)	 pr_own;	/* among those of its user */
	struct person		*pr_person;
	struct home		*pr_home;
	uint64_t		 pr_id;
	uint64_t		 pr_seen;
	struct penalty		 pr_penalty;
	uint64_t		 pr_guess;	/* the last wrong one; or 0 */
	uint64_t		 pr_guessed;
};

RB_HEAD(pair_tree, pair);
RB_HEAD(person_tree, person);
RB_HEAD(home_tree, home);

struct pairs {
	struct pair_tree	 pa_tree;
	struct person_tree	 pa_persons;
	struct home_tree	 pa_homes;
	struct pair_list	 pa_ages;	/* oldest first */
	size_t			 pa_count;
};

static int
pair_compare(const struct pair *a, const struct pair *b)
{
	return (a->pr_id < b->pr_id ? -1 : a->pr_id > b->pr_id);
}

static int
person_compare(const struct person *a, const struct person *b)
{
	return (a->ps_user < b->ps_user ? -1 : a->ps_user > b->ps_user);
}

static int
home_compare(const struct home *a, const struct home *b)
{
	return (memcmp(&a->ho_key, &b->ho_key, sizeof(a->ho_key)));
}

RB_PROTOTYPE(pair_tree, pair, pr_node, pair_compare)
RB_GENERATE(pair_tree, pair, pr_node, pair_compare)
RB_PROTOTYPE(person_tree, person, ps_node, person_compare)
RB_GENERATE(person_tree, person, ps_node, person_compare)
RB_PROTOTYPE(home_tree, home, ho_node, home_compare)
RB_GENERATE(home_tree, home, ho_node, home_compare)

struct pairs *
pairs_new(void)
{
	struct pairs	*pa;

	if ((pa = calloc(1, sizeof(*pa))) == NULL)
		fatal("calloc");
	RB_INIT(&pa->pa_tree);
	RB_INIT(&pa->pa_persons);
	RB_INIT(&pa->pa_homes);
	TAILQ_INIT(&pa->pa_ages);
	return (pa);
}

static void
pair_remove(struct pairs *pa, struct pair *pr)
{
	RB_REMOVE(pair_tree, &pa->pa_tree, pr);
	TAILQ_REMOVE(&pa->pa_ages, pr, pr_age);
	pa->pa_count--;
	TAILQ_REMOVE(&pr->pr_person->ps_pairs, pr, pr_own);
	if (--pr->pr_person->ps_count == 0) {
		RB_REMOVE(person_tree, &pa->pa_persons, pr->pr_person);
		free(pr->pr_person);
	}
	if (--pr->pr_home->ho_count == 0) {
		RB_REMOVE(home_tree, &pa->pa_homes, pr->pr_home);
		free(pr->pr_home);
	}
	free(pr);
}

static void
pairs_tidy(struct pairs *pa, uint64_t now)
{
	struct pair	*pr;

	while ((pr = TAILQ_FIRST(&pa->pa_ages)) != NULL &&
	    now - pr->pr_seen >= KNOWN_SECONDS * 1000ULL)
		pair_remove(pa, pr);
}

static struct person *
pairs_person(struct pairs *pa, uint64_t user)
{
	struct person	*ps, key = { .ps_user = user };

	if ((ps = RB_FIND(person_tree, &pa->pa_persons, &key)) != NULL)
		return (ps);
	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		fatal("calloc");
	ps->ps_user = user;
	TAILQ_INIT(&ps->ps_pairs);
	RB_INSERT(person_tree, &pa->pa_persons, ps);
	return (ps);
}

static struct home *
pairs_place(struct pairs *pa, const struct source_key *sk)
{
	struct home	*ho, key = { .ho_key = *sk };

	if ((ho = RB_FIND(home_tree, &pa->pa_homes, &key)) != NULL)
		return (ho);
	if ((ho = calloc(1, sizeof(*ho))) == NULL)
		fatal("calloc");
	ho->ho_key = *sk;
	RB_INSERT(home_tree, &pa->pa_homes, ho);
	return (ho);
}

static struct pair *
pairs_create(struct pairs *pa, uint64_t id, uint64_t user,
    const struct source_key *sk)
{
	struct pair	*pr;

	if ((pr = calloc(1, sizeof(*pr))) == NULL)
		fatal("calloc");
	pr->pr_id = id;
	pr->pr_person = pairs_person(pa, user);
	pr->pr_person->ps_count++;
	pr->pr_home = pairs_place(pa, sk);
	pr->pr_home->ho_count++;
	RB_INSERT(pair_tree, &pa->pa_tree, pr);
	pa->pa_count++;
	return (pr);
}

void
pairs_add(struct pairs *pa, uint64_t id, uint64_t user,
    const struct source_key *sk, uint64_t now)
{
	struct person	*ps;
	struct pair	*pr;

	/* The certificate may belong to another user by now. */
	if ((pr = pairs_find(pa, id, now)) != NULL &&
	    pr->pr_person->ps_user != user) {
		pair_remove(pa, pr);
		pr = NULL;
	}
	if (pr != NULL) {
		TAILQ_REMOVE(&pa->pa_ages, pr, pr_age);
		TAILQ_REMOVE(&pr->pr_person->ps_pairs, pr, pr_own);
	} else
		pr = pairs_create(pa, id, user, sk);
	ps = pr->pr_person;
	pr->pr_seen = now;
	TAILQ_INSERT_TAIL(&pa->pa_ages, pr, pr_age);
	TAILQ_INSERT_TAIL(&ps->ps_pairs, pr, pr_own);
	if (ps->ps_count > KNOWN_PER_USER)
		pair_remove(pa, TAILQ_FIRST(&ps->ps_pairs));
	if (pa->pa_count > KNOWN_MAX)
		pair_remove(pa, TAILQ_FIRST(&pa->pa_ages));
}

struct pair *
pairs_find(struct pairs *pa, uint64_t id, uint64_t now)
{
	struct pair	 key = { .pr_id = id };

	pairs_tidy(pa, now);
	return (RB_FIND(pair_tree, &pa->pa_tree, &key));
}

struct penalty *
pairs_penalty(struct pair *pr)
{
	return (&pr->pr_penalty);
}

int
pairs_ask(struct pair *pr, uint64_t now)
{
	const uint64_t	 burst = (CACHE_ASK_BURST - 1) * CACHE_ASK_MS;
	struct home	*ho = pr->pr_home;

	if (ho->ho_asked > now)
		return (0);
	if (now - ho->ho_asked > burst)
		ho->ho_asked = now - burst;
	ho->ho_asked += CACHE_ASK_MS;
	return (1);
}

int
pairs_guess(struct pair *pr, uint64_t guess, uint64_t now)
{
	int	 old;

	old = guess != 0 && guess == pr->pr_guess &&
	    now - pr->pr_guessed < FAILURE_GUESS_MS;
	pr->pr_guess = guess;
	pr->pr_guessed = now;
	return (!old);
}

int
pairs_login(struct pairs *pa, uint64_t user, uint64_t delay, uint64_t came)
{
	struct person	*ps, key = { .ps_user = user };

	if ((ps = RB_FIND(person_tree, &pa->pa_persons, &key)) == NULL)
		return (1);
	if (ps->ps_logins == LOGINS_EACH) {
		if (came < ps->ps_login[0] + delay)
			return (0);
		memmove(ps->ps_login, ps->ps_login + 1,
		    (LOGINS_EACH - 1) * sizeof(ps->ps_login[0]));
		ps->ps_logins--;
	}
	ps->ps_login[ps->ps_logins++] = came;
	return (1);
}

void
pairs_logout(struct pairs *pa, uint64_t user)
{
	struct person	*ps, key = { .ps_user = user };

	ps = RB_FIND(person_tree, &pa->pa_persons, &key);
	if (ps != NULL && ps->ps_logins > 0)
		ps->ps_logins--;
}

void
pairs_drop(struct pairs *pa, uint64_t id)
{
	struct pair	*pr, key = { .pr_id = id };

	if ((pr = RB_FIND(pair_tree, &pa->pa_tree, &key)) != NULL)
		pair_remove(pa, pr);
}

int
pairs_home(struct pairs *pa, const struct source_key *sk, uint64_t now)
{
	struct home	 key = { .ho_key = *sk };

	pairs_tidy(pa, now);
	return (RB_FIND(home_tree, &pa->pa_homes, &key) != NULL);
}

size_t
pairs_count(const struct pairs *pa)
{
	return (pa->pa_count);
}

void
pairs_free(struct pairs *pa)
{
	struct pair	*pr, *next;

	RB_FOREACH_SAFE(pr, pair_tree, &pa->pa_tree, next)
		pair_remove(pa, pr);
	free(pa);
}
