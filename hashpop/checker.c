/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The checker: one password at a time, for as long as it takes; only this
 * process waits for it.  In: authtab from the parent, CHECK from the queue,
 * HASH from tabpop.  Out: CHECKED to the queue, and GRANT to the parent for
 * what is accepted.  The queue decides what is checked and which of tabpop's
 * answers comes with it, and it may lie: each bears its user, and a GRANT is
 * for just what was checked (bond.h).
 *
 * If table processes come before the file that knows the user, or no file
 * does, the queue is told to have tabpop ask them first.  Then the check is
 * sent again, and over a socket of its own tabpop sends what they know.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authtab.h"
#include "bond.h"
#include "cache.h"
#include "chan.h"
#include "checker.h"
#include "compare.h"
#include "confset.h"
#include "count.h"
#include "hashes.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "table.h"

/* A password that a table process is checking. */
struct proof {
	TAILQ_ENTRY(proof)	 pf_entry;
	struct event		 pf_late;
	uint64_t		 pf_number;	/* of the last PROVE */
	struct msg_check	 pf_check;
};

static struct {
	struct chan	*queue;		/* NULL: not connected */
	struct chan	*tables;	/* tabpop; NULL: not connected */
	struct authtab	*at;		/* in use; NULL before the first */
	struct authtab_file hashes[TABLES_ASKED_MAX];	/* being read */
	struct authtab_file users[TABLES_ASKED_MAX];	/* with popd -n */
	unsigned int	 offers;	/* log who cannot use these methods:
					   bits of enum auth_method */
	struct msg_check check;		/* waits for tabpop's hash; mk_seq 0:
					   none */
	struct msg_hash	 hash;		/* came before its check */
	struct event	 late;
	TAILQ_HEAD(, proof) proofs;
	unsigned int	 nproofs;
	uint64_t	 proved;	/* number of the last one */
} checker;

/*
 * popd -n: compare the names in the tables of credentials and of userbase,
 * which were sent as well; other processes check the latter.
 */
static void
checker_compare(const struct authtab *at)
{
	struct compare	 hashes = { .cm_word = "credentials" };
	struct compare	 users = { .cm_word = "userbase" };
	struct table	*tables[TABLES_ASKED_MAX] = { NULL };
	char		 why[MSG_TEXT_MAX];
	uint32_t	 i;
	int		 bad = 0;

	for (i = 0; i < TABLES_ASKED_MAX; i++) {
		if (at->at_hashes[i] != NULL)
			compare_add(&hashes, hashes_table(at->at_hashes[i]),
			    checker.hashes[i].af_name);
		if (checker.users[i].af_fd == -1)
			continue;
		tables[i] = table_read(checker.users[i].af_fd,
		    checker.users[i].af_name, NULL, why, sizeof(why));
		if (tables[i] == NULL)
			bad = 1;
		else
			compare_add(&users, tables[i],
			    checker.users[i].af_name);
	}
	if (!bad)
		compare_tell(&hashes, &users);
	for (i = 0; i < TABLES_ASKED_MAX; i++)
		table_free(tables[i]);
}

/* Log who cannot use the methods offered. */
static void
checker_tell(const struct authtab *at)
{
	unsigned int	 i, method;

	for (i = 0; i < TABLES_ASKED_MAX; i++)
		for (method = 0; method < AUTH_METHODS; method++)
			if (at->at_hashes[i] != NULL &&
			    (checker.offers & 1U << method) != 0)
				hashes_tell_method(at->at_hashes[i],
				    checker.hashes[i].af_name, method);
}

/* The tables have been read, or are bad. */
static void
checker_read(struct authtab *at, const char *why)
{
	if (at != NULL && checker.users[0].af_fd != -1)
		checker_compare(at);
	if (at != NULL)
		checker_tell(at);
	confset_answer(at, why);
}

/* Return the set's file of a kind, and of authtab the one at a place. */
static struct authtab_file
checker_file(const struct confset *cs, enum file_kind kind, uint32_t place)
{
	struct authtab_file	 af = { -1, NULL, 0 };
	const struct msg_file	*mf;
	size_t			 i;

	for (i = 0; i < cs->cs_count; i++) {
		mf = &cs->cs_files[i].cf_file;
		if (mf->mf_kind == kind && mf->mf_index == place) {
			af.af_fd = cs->cs_files[i].cf_fd;
			af.af_name = mf->mf_name;
			af.af_flags = mf->mf_flags;
		}
	}
	return (af);
}

/* Return the methods to report on. */
static unsigned int
checker_offers(const struct msg_conf *mc)
{
	const uint32_t	*value = mc->mc_settings.stv_value;

	if ((mc->mc_flags & CONF_WARN) == 0)
		return (0);
	return ((value[SETTING_APOP] ? 1U << AUTH_APOP : 0) |
	    (value[SETTING_CRAM] ? 1U << AUTH_CRAM : 0));
}

static void
checker_check(const struct confset *cs)
{
	uint32_t	 i, files = 0;

	for (i = 0; i < TABLES_ASKED_MAX; i++) {
		checker.hashes[i] = checker_file(cs, FILE_AUTHTAB, i);
		checker.users[i] = checker_file(cs, FILE_USERTAB, i);
		files += checker.hashes[i].af_fd != -1;
	}
	checker.offers = checker_offers(&cs->cs_conf);
	if (files == 0 && cs->cs_conf.mc_processes == 0) {
		confset_answer(NULL, "no authtab");
		return;
	}
	authtab_read(checker.hashes, checker.at, cs->cs_conf.mc_flags,
	    checker_read);
}

static void
checker_commit(void *made, struct confset *cs)
{
	struct authtab	*at = made;
	uint32_t	 i;

	at->at_processes = cs->cs_conf.mc_processes;
	for (i = 0; i < TABLES_ASKED_MAX; i++)
		if ((cs->cs_conf.mc_flags & CONF_TELL) != 0 &&
		    checker.at != NULL && at->at_hashes[i] != NULL)
			hashes_tell(at->at_hashes[i], checker_file(cs,
			    FILE_AUTHTAB, i).af_name);
	hashes_use(at->at_hashes, at->at_processes != 0);
	authtab_free(checker.at);
	checker.at = at;
	cache_clear();
}

static const struct confset_ops checker_ops = {
	CONFSET_KIND(FILE_AUTHTAB) | CONFSET_KIND(FILE_USERTAB),
	2 * TABLES_ASKED_MAX, checker_check, checker_commit
};

/* Check the password in the file at a place, or as of an unknown user. */
static enum auth_result
checker_hash(const struct msg_check *mk, uint32_t place, char *ticket)
{
	if (mk->mk_method != AUTH_PASSWORD)
		return (hashes_digest(place < TABLES_ASKED_MAX ?
		    checker.at->at_hashes[place] : NULL, mk, ticket));
	if (place < TABLES_ASKED_MAX)
		return (hashes_check(checker.at->at_hashes[place], mk->mk_user,
		    mk->mk_pass, mk->mk_tag));
	return (hashes_unknown_user(mk->mk_pass));
}

/* Answer by the cache alone. */
static enum auth_result
checker_cached(const struct msg_check *mk, uint32_t place)
{
	const struct table_row	*tr = NULL;

	if (place < TABLES_ASKED_MAX)
		tr = table_find(hashes_table(checker.at->at_hashes[place]),
		    mk->mk_user);
	if (tr == NULL || !cache_has(mk->mk_tag, mk->mk_user, mk->mk_pass,
	    table_hash(tr->tr_value)))
		return (AUTH_NO_MATCH);
	count_add(COUNT_CACHED, 1);
	return (AUTH_ACCEPTED);
}

/* Check without tabpop's answer; if a process comes first it must be asked. */
static enum auth_result
checker_judge(const struct msg_check *mk, char *ticket)
{
	uint32_t	 place;

	if (checker.at == NULL)
		return (AUTH_TEMP);
	place = authtab_place(checker.at, mk->mk_user);
	if ((checker.at->at_processes & ((1U << place) - 1)) != 0)
		return (AUTH_ELSEWHERE);
	if (mk->mk_cached)
		return (checker_cached(mk, place));
	return (checker_hash(mk, place, ticket));
}

/*
 * Check with tabpop's answer: the first table that knows the user decides.  No
 * table process gets an empty password, since some directories accept that as
 * an anonymous login, or a digest, since that needs the secret.
 */
static enum auth_result
checker_decide(const struct msg_check *mk, const struct msg_hash *mhs,
    int proved, char *ticket)
{
	uint32_t	 place;

	/* The queue may give the answer about another user. */
	if (checker.at == NULL || strcmp(mhs->mhs_user, mk->mk_user) != 0)
		return (AUTH_TEMP);
	place = authtab_place(checker.at, mk->mk_user);
	if (mhs->mhs_result == LOOK_NONE || place < mhs->mhs_place)
		return (checker_hash(mk, place, ticket));
	/* Nor may tabpop answer for a file, with the queue's help. */
	if ((checker.at->at_processes & 1U << mhs->mhs_place) == 0) {
		log_warnx("tabpop: HASH dropped: table %u is no process",
		    mhs->mhs_place);
		return (AUTH_TEMP);
	}
	/* This must take as long as for an unknown user. */
	if (mhs->mhs_result == LOOK_WRONG)
		return (checker_hash(mk, TABLES_ASKED_MAX, ticket) ==
		    AUTH_TEMP ? AUTH_TEMP : AUTH_NO_MATCH);
	if (mhs->mhs_result == LOOK_TEMP)
		return (AUTH_TEMP);
	if (mk->mk_method != AUTH_PASSWORD)
		return (hashes_digest_given(mhs->mhs_result == LOOK_PROVE ? "" :
		    mhs->mhs_hash, mk, ticket));
	if (mhs->mhs_result == LOOK_PROVE)
		return (mk->mk_pass[0] == '\0' ? AUTH_NO_MATCH : AUTH_PROVING);
	if (proved && mhs->mhs_hash[0] == '\0')
		return (AUTH_ACCEPTED);
	return (hashes_check_given(mhs->mhs_hash, mk->mk_user, mk->mk_pass,
	    mk->mk_tag));
}

/* Tell the parent who was checked, and by what. */
static void
checker_grant(const struct msg_check *mk)
{
	struct msg_grant	 gn;

	memset(&gn, 0, sizeof(gn));
	gn.gn_id = mk->mk_id;
	bond_make(&mk->mk_id, mk->mk_salt, mk->mk_purpose, mk->mk_method,
	    mk->mk_user, mk->mk_pass, gn.gn_bond);
	strlcpy(gn.gn_user, mk->mk_user, sizeof(gn.gn_user));
	table_lower(gn.gn_user);
	proc_send(MSG_GRANT, &gn, -1);
}

/* Send a result; its number is added. */
static void
checker_answer(const struct msg_check *mk, struct msg_checked *mh)
{
	mh->mh_seq = mk->mk_seq;
	if (mh->mh_result == AUTH_ACCEPTED)
		checker_grant(mk);
	if (checker.queue != NULL)
		chan_send(checker.queue, MSG_CHECKED, mh, -1);
	explicit_bzero(mh, sizeof(*mh));
}

static void
proof_free(struct proof *pf)
{
	TAILQ_REMOVE(&checker.proofs, pf, pf_entry);
	checker.nproofs--;
	evtimer_del(&pf->pf_late);
	freezero(pf, sizeof(*pf));
}

static void
proof_end(struct proof *pf, enum auth_result result)
{
	struct msg_checked	 mh;

	memset(&mh, 0, sizeof(mh));
	mh.mh_result = result;
	checker_answer(&pf->pf_check, &mh);
	proof_free(pf);
}

static void
proof_timeout(int fd, short what, void *arg)
{
	proof_end(arg, AUTH_TEMP);
}

/* Have a table process check the password. */
static void
proof_ask(struct proof *pf)
{
	/* tabpop answers sooner, whatever the tables do. */
	const struct timeval	 tv = { TABLE_SECONDS + 2, 0 };
	struct msg_prove	 pv;

	memset(&pv, 0, sizeof(pv));
	pv.pv_check = pf->pf_check.mk_seq;
	pv.pv_proof = pf->pf_number = ++checker.proved;
	memcpy(pv.pv_pass, pf->pf_check.mk_pass, sizeof(pv.pv_pass));
	evtimer_add(&pf->pf_late, &tv);
	chan_send(checker.tables, MSG_PROVE, &pv, -1);
	explicit_bzero(&pv, sizeof(pv));
}

/* The same for a check that the queue need not wait for any longer. */
static enum auth_result
proof_new(const struct msg_check *mk)
{
	struct proof	*pf;

	if (checker.nproofs >= PROOFS_MAX || checker.tables == NULL)
		return (AUTH_TEMP);
	if ((pf = calloc(1, sizeof(*pf))) == NULL)
		fatal("calloc");
	pf->pf_check = *mk;
	evtimer_set(&pf->pf_late, proof_timeout, pf);
	TAILQ_INSERT_TAIL(&checker.proofs, pf, pf_entry);
	checker.nproofs++;
	proof_ask(pf);
	return (AUTH_PROVING);
}

/* A table has answered; perhaps the next one must check the password. */
static void
proof_answer(struct proof *pf, const struct msg_hash *mhs)
{
	enum auth_result	 result;
	char			 none[TICKET_TEXT] = "";

	result = checker_decide(&pf->pf_check, mhs, 1, none);
	if (result == AUTH_PROVING)
		proof_ask(pf);
	else
		proof_end(pf, result);
}

/* End the check that waits for tabpop; hs is NULL without an answer. */
static void
checker_finish(const struct msg_hash *mhs)
{
	struct msg_check	 mk = checker.check;
	struct msg_checked	 mh;

	evtimer_del(&checker.late);
	explicit_bzero(&checker.check, sizeof(checker.check));
	if (mk.mk_seq != 0) {
		memset(&mh, 0, sizeof(mh));
		mh.mh_result = mhs == NULL ? AUTH_TEMP :
		    checker_decide(&mk, mhs, 0, mh.mh_ticket);
		if (mh.mh_result == AUTH_PROVING)
			mh.mh_result = proof_new(&mk);
		checker_answer(&mk, &mh);
	}
	explicit_bzero(&mk, sizeof(mk));
}

/* tabpop or the queue is gone: end what it was asked. */
static void
checker_forget(void)
{
	struct proof	*pf;

	checker_finish(NULL);
	while ((pf = TAILQ_FIRST(&checker.proofs)) != NULL)
		proof_end(pf, AUTH_TEMP);
}

static void
checker_timeout(int fd, short what, void *arg)
{
	checker_finish(NULL);
}

static struct verdict
queue_check(void *arg, const void *data, int fd)
{
	const struct timeval	 tv = { GIVE_SECONDS, 0 };
	const struct msg_check	*mk = data;
	struct msg_checked	 mh;

	if (mk->mk_cached && mk->mk_method != AUTH_PASSWORD)
		return (LIE("wrong method"));
	if (!mk->mk_looked) {
		memset(&mh, 0, sizeof(mh));
		mh.mh_result = checker_judge(mk, mh.mh_ticket);
		checker_answer(mk, &mh);
		return (TAKEN);
	}
	checker.check = *mk;
	if (checker.tables == NULL)
		checker_finish(NULL);
	else if (checker.hash.mhs_check == mk->mk_seq)
		checker_finish(&checker.hash);
	else
		evtimer_add(&checker.late, &tv);
	explicit_bzero(&checker.hash, sizeof(checker.hash));
	return (TAKEN);
}

static const struct chan_rule queue_rules[] = {
	{ MSG_CHECK,		queue_check },
	{ 0,			NULL }
};

/* May come before its check, or after the end of it. */
static struct verdict
tables_hash(void *arg, const void *data, int fd)
{
	const struct msg_hash	*mhs = data;
	struct proof		*pf;

	TAILQ_FOREACH(pf, &checker.proofs, pf_entry)
		if (pf->pf_number == mhs->mhs_proof) {
			proof_answer(pf, mhs);
			return (TAKEN);
		}
	if (mhs->mhs_proof != 0)
		return (TAKEN);
	if (checker.check.mk_seq != 0 &&
	    checker.check.mk_seq == mhs->mhs_check)
		checker_finish(mhs);
	else
		checker.hash = *mhs;
	return (TAKEN);
}

static const struct chan_rule tables_rules[] = {
	{ MSG_HASH,		tables_hash },
	{ 0,			NULL }
};

/* The peer may be alive: the parent knows, and reconnects it. */
static void
peer_missed(enum role role)
{
	struct msg_peer	 want;

	memset(&want, 0, sizeof(want));
	want.mp_role = role;
	proc_send(MSG_PEER_WANT, &want, -1);
}

static void
queue_closed(void *arg, const char *why)
{
	if (why != NULL)
		log_warnx("authpop ended: %s", why);
	chan_free(checker.queue);
	checker.queue = NULL;
	peer_missed(ROLE_AUTH);
}

static void
tables_closed(void *arg, const char *why)
{
	if (why != NULL)
		log_warnx("tabpop ended: %s", why);
	chan_free(checker.tables);
	checker.tables = NULL;
	checker_forget();
	peer_missed(ROLE_TABLE);
}

/* Answers of the previous tabpop are lost. */
static void
checker_tables(int fd)
{
	chan_free(checker.tables);
	checker.tables = NULL;
	checker_forget();
	checker.tables = chan_new(fd, "tabpop", tables_rules, tables_closed,
	    NULL);
	if (checker.tables == NULL)
		fatal("chan_new");
}

static struct verdict
parent_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*mp = data;

	if (mp->mp_role == ROLE_TABLE) {
		checker_tables(fd);
		return (TAKEN);
	}
	if (mp->mp_role != ROLE_AUTH) {
		close(fd);
		return (LIE("unexpected peer"));
	}
	chan_free(checker.queue);
	checker.queue = NULL;
	checker_forget();
	checker.queue = chan_new(fd, "authpop", queue_rules, queue_closed,
	    NULL);
	if (checker.queue == NULL)
		fatal("chan_new");
	return (TAKEN);
}

/* The administrator has locked this user. */
static struct verdict
parent_forget(void *arg, const void *data, int fd)
{
	cache_forget(((const struct msg_user *)data)->mus_user);
	return (TAKEN);
}

static const struct chan_rule parent_rules[] = {
	PROC_RULES,
	{ MSG_PEER,		parent_peer },
	{ MSG_FORGET,		parent_forget },
	{ 0,			NULL }
};

void
checker_start(void)
{
	proc_start(msg_role_name(ROLE_CHECKER), parent_rules);
	confset_init(&checker_ops);
	TAILQ_INIT(&checker.proofs);
	evtimer_set(&checker.late, checker_timeout, NULL);
}
