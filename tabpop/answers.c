/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Between authpop, which asks about a user, and the checkers, which get the
 * user's hash.  In: LOOKUP and GIVE of authpop, PROVE of checkers.  Out:
 * LOOKED to authpop, which says only whether the user is known; HASH to the
 * checker that authpop named.
 *
 * A checker cannot ask for a hash, and authpop cannot see one.  An answer that
 * is not collected is forgotten once its login must be over.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <sys/tree.h>

#include <event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answers.h"
#include "chan.h"
#include "inquiry.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "setting.h"

/* Seconds between two searches for answers that were not collected. */
#define FORGET_SECONDS	10

struct answer {
	RB_ENTRY(answer)	 an_node;
	uint64_t		 an_seq;	/* as authpop numbers it */
	time_t			 an_since;
	struct inquiry		*an_inquiry;	/* NULL: answered */
	uint64_t		 an_checker;	/* PROVE: the checker; else 0 */
	uint64_t		 an_check;
	uint64_t		 an_proof;	/* as the checker numbers it */
	enum look_result	 an_result;
	unsigned int		 an_place;
	struct source		 an_source;	/* for PROVE */
	char			 an_user[USER_MAX];
	char			 an_hash[HASH_TEXT_MAX];
};

struct checker {
	LIST_ENTRY(checker)	 cr_entry;
	uint64_t		 cr_gen;
	struct chan		*cr_chan;
};

RB_HEAD(answer_tree, answer);

static struct {
	struct chan		*auth;		/* NULL: not connected */
	struct tableset		*tables;	/* NULL: no tables yet */
	struct answer_tree	 all;
	size_t			 count;
	LIST_HEAD(, checker)	 checkers;
	struct event		 timer;
} answers;

static int
answer_compare(const struct answer *a, const struct answer *b)
{
	return (a->an_seq < b->an_seq ? -1 : a->an_seq > b->an_seq);
}

RB_PROTOTYPE(answer_tree, answer, an_node, answer_compare)
RB_GENERATE(answer_tree, answer, an_node, answer_compare)

static time_t
answers_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec);
}

static void
answer_free(struct answer *an)
{
	RB_REMOVE(answer_tree, &answers.all, an);
	answers.count--;
	inquiry_free(an->an_inquiry);
	freezero(an, sizeof(*an));
}

static void
answers_looked(uint64_t seq, enum look_result result)
{
	struct msg_looked	 ld = { seq, result, 0 };

	if (answers.auth != NULL)
		chan_send(answers.auth, MSG_LOOKED, &ld, -1);
}

static struct checker *
checker_find(uint64_t gen)
{
	struct checker	*cr;

	LIST_FOREACH(cr, &answers.checkers, cr_entry)
		if (cr->cr_gen == gen)
			break;
	return (cr);
}

/*
 * Send a HASH, to a GIVE or with its number to a PROVE; an NULL: there is no
 * answer to what the checker waits for.
 */
static void
answers_hash(uint64_t gen, uint64_t check, uint64_t proof,
    const struct answer *an)
{
	struct msg_hash	 mhs;
	struct checker	*cr;

	if ((cr = checker_find(gen)) == NULL)
		return;
	memset(&mhs, 0, sizeof(mhs));
	mhs.mhs_check = check;
	mhs.mhs_proof = proof;
	mhs.mhs_result = an == NULL ? LOOK_TEMP : an->an_result;
	if (an != NULL) {
		mhs.mhs_place = an->an_place;
		memcpy(mhs.mhs_user, an->an_user, sizeof(mhs.mhs_user));
		strlcpy(mhs.mhs_hash, an->an_hash, sizeof(mhs.mhs_hash));
	}
	chan_send(cr->cr_chan, MSG_HASH, &mhs, -1);
	explicit_bzero(&mhs, sizeof(mhs));
}

static void
answer_take(struct answer *an, const struct inquiry_answer *ia)
{
	an->an_inquiry = NULL;
	an->an_result = ia->ia_result;
	an->an_place = ia->ia_place;
	strlcpy(an->an_hash, ia->ia_value, sizeof(an->an_hash));
}

/* The tables have answered a LOOKUP. */
static void
answer_known(void *arg, const struct inquiry_answer *ia)
{
	struct answer	*an = arg;

	answer_take(an, ia);
	answers_looked(an->an_seq, an->an_result);
}

/* A table has judged the password, or those after it have answered. */
static void
answer_proved(void *arg, const struct inquiry_answer *ia)
{
	struct answer	*an = arg;

	answer_take(an, ia);
	answers_hash(an->an_checker, an->an_check, an->an_proof, an);
	if (an->an_result != LOOK_PROVE)
		answer_free(an);
}

/*
 * Drop the oldest answer: its login most likely failed or was given up.
 * Strangers can cause any number of those.
 */
static void
answers_evict(void)
{
	struct answer	*an = RB_MIN(answer_tree, &answers.all);

	if (an->an_inquiry != NULL && an->an_checker != 0)
		answers_hash(an->an_checker, an->an_check, an->an_proof, NULL);
	else if (an->an_inquiry != NULL)
		answers_looked(an->an_seq, LOOK_TEMP);
	answer_free(an);
}

static struct verdict
auth_lookup(void *arg, const void *data, int fd)
{
	const struct msg_lookup	*mlk = data;
	struct answer		*an;

	if (answers.tables == NULL) {
		answers_looked(mlk->mlk_seq, LOOK_TEMP);
		return (TAKEN);
	}
	if (answers.count >= ANSWERS_MAX)
		answers_evict();
	if ((an = calloc(1, sizeof(*an))) == NULL)
		fatal("calloc");
	an->an_seq = mlk->mlk_seq;
	an->an_since = answers_clock();
	memcpy(an->an_user, mlk->mlk_user, sizeof(an->an_user));
	if (RB_INSERT(answer_tree, &answers.all, an) != NULL) {
		free(an);
		return (LIE("asks twice"));
	}
	answers.count++;
	an->an_inquiry = inquiry_new(answers.tables, TABLE_CREDENTIALS,
	    an->an_user, NULL, answer_known, an);
	return (TAKEN);
}

/* An answer that was forgotten in the meantime is a temporary failure. */
static struct verdict
auth_give(void *arg, const void *data, int fd)
{
	const struct msg_give	*gi = data;
	struct answer		*an, key;

	key.an_seq = gi->gi_lookup;
	an = RB_FIND(answer_tree, &answers.all, &key);
	if (an != NULL && (an->an_inquiry != NULL || an->an_checker != 0))
		return (LIE("gives what it does not have"));
	answers_hash(gi->gi_checker, gi->gi_check, 0, an);
	if (an == NULL)
		return (TAKEN);
	if (an->an_result != LOOK_PROVE) {
		answer_free(an);
		return (TAKEN);
	}
	an->an_checker = gi->gi_checker;
	an->an_check = gi->gi_check;
	an->an_source = gi->gi_source;
	return (TAKEN);
}

static const struct chan_rule auth_rules[] = {
	{ MSG_LOOKUP,		auth_lookup },
	{ MSG_GIVE,		auth_give },
	{ 0,			NULL }
};

/* Forget all it asked about: its successor counts from one. */
static void
auth_lost(void)
{
	struct answer	*an;

	chan_free(answers.auth);
	answers.auth = NULL;
	while ((an = RB_MIN(answer_tree, &answers.all)) != NULL)
		answer_free(an);
}

static void
auth_closed(void *arg, const char *why)
{
	if (why != NULL)
		log_warnx("authpop ended: %s", why);
	auth_lost();
}

void
answers_auth(int fd)
{
	auth_lost();
	answers.auth = chan_new(fd, "authpop", auth_rules, auth_closed, NULL);
	if (answers.auth == NULL)
		fatal("chan_new");
}

/* The password to prove a login with; the answer may be gone by now. */
static struct verdict
checker_prove(void *arg, const void *data, int fd)
{
	const struct msg_prove	*pv = data;
	struct inquiry_proof	 ip;
	struct checker		*cr = arg;
	struct answer		*an;

	RB_FOREACH(an, answer_tree, &answers.all)
		if (an->an_checker == cr->cr_gen &&
		    an->an_check == pv->pv_check)
			break;
	if (an == NULL || answers.tables == NULL) {
		answers_hash(cr->cr_gen, pv->pv_check, pv->pv_proof, NULL);
		return (TAKEN);
	}
	if (an->an_inquiry != NULL)
		return (LIE("proves twice"));
	an->an_proof = pv->pv_proof;
	ip.ip_pass = pv->pv_pass;
	ip.ip_source = &an->an_source;
	ip.ip_place = an->an_place;
	an->an_inquiry = inquiry_new(answers.tables, TABLE_CREDENTIALS,
	    an->an_user, &ip, answer_proved, an);
	return (TAKEN);
}

static const struct chan_rule checker_rules[] = {
	{ MSG_PROVE,		checker_prove },
	{ 0,			NULL }
};

static void
checker_closed(void *arg, const char *why)
{
	struct checker	*cr = arg;

	if (why != NULL)
		log_warnx("hashpop %llu ended: %s",
		    (unsigned long long)cr->cr_gen, why);
	LIST_REMOVE(cr, cr_entry);
	chan_free(cr->cr_chan);
	free(cr);
}

void
answers_checker(int fd, uint64_t gen)
{
	struct checker	*cr;

	if ((cr = checker_find(gen)) != NULL)
		checker_closed(cr, NULL);
	if ((cr = calloc(1, sizeof(*cr))) == NULL)
		fatal("calloc");
	cr->cr_gen = gen;
	cr->cr_chan = chan_new(fd, "hashpop", checker_rules, checker_closed,
	    cr);
	if (cr->cr_chan == NULL)
		fatal("chan_new");
	LIST_INSERT_HEAD(&answers.checkers, cr, cr_entry);
}

/* Sequence numbers are in order of age. */
static void
answers_forget(int fd, short what, void *arg)
{
	const struct timeval	 tv = { FORGET_SECONDS, 0 };
	struct answer		*an;
	time_t			 oldest;

	oldest = answers_clock() - (time_t)setting(SETTING_LOGIN) -
	    TABLE_SECONDS;
	while ((an = RB_MIN(answer_tree, &answers.all)) != NULL &&
	    an->an_since < oldest)
		answers_evict();
	evtimer_add(&answers.timer, &tv);
}

void
answers_use(struct tableset *ts)
{
	answers.tables = ts;
}

void
answers_start(void)
{
	RB_INIT(&answers.all);
	LIST_INIT(&answers.checkers);
	evtimer_set(&answers.timer, answers_forget, NULL);
	answers_forget(-1, 0, NULL);
}
