/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The checker process: one password at a time, for as long as it takes;
 * nothing but this process waits for it.  In: authtab and the table of
 * certificates from the parent, CHECK from the queue.  Out: CHECKED to the
 * queue.
 */

#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "authpop.h"
#include "authtab.h"
#include "cache.h"
#include "certtab.h"
#include "chan.h"
#include "confset.h"
#include "hash.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

static struct {
	struct chan	*queue;		/* NULL: there is none now */
	struct authtab	*tables;	/* in use; NULL before the first */
	struct authtab_file hashes;	/* those at hand */
	struct authtab_file users;	/* usertab, with popd -n */
	int		 scram;		/* tell who cannot log in by it */
} checker;

/* popd -n: usertab came as well, for its names; it is judged elsewhere. */
static void
checker_compare(const struct authtab *at)
{
	struct table	*usertab;
	char		 why[MSG_TEXT_MAX];

	usertab = table_read(checker.users.af_fd, checker.users.af_name, NULL,
	    why, sizeof(why));
	if (usertab != NULL)
		hashes_compare(at->at_hashes, checker.hashes.af_name, usertab,
		    checker.users.af_name);
	table_free(usertab);
}

/* The tables are read, or bad. */
static void
checker_read(struct authtab *at, const char *why)
{
	if (at != NULL && checker.users.af_fd != -1)
		checker_compare(at);
	if (at != NULL && checker.scram)
		hashes_tell_scram(at->at_hashes, checker.hashes.af_name);
	confset_answer(at, why);
}

/* The set's file of a kind. */
static struct authtab_file
checker_file(const struct confset *cs, enum file_kind kind)
{
	struct authtab_file	 af = { -1, NULL };
	size_t			 i;

	for (i = 0; i < cs->cs_count; i++)
		if (cs->cs_files[i].cf_file.mf_kind == kind) {
			af.af_fd = cs->cs_files[i].cf_fd;
			af.af_name = cs->cs_files[i].cf_file.mf_name;
		}
	return (af);
}

static void
checker_check(const struct confset *cs)
{
	struct authtab_file	 certs = checker_file(cs, FILE_CERTTAB);

	checker.hashes = checker_file(cs, FILE_AUTHTAB);
	checker.users = checker_file(cs, FILE_USERTAB);
	checker.scram = (cs->cs_conf.mc_flags & CONF_WARN) != 0 &&
	    cs->cs_conf.mc_settings.sv_value[SETTING_SCRAM];
	if (checker.hashes.af_fd == -1) {
		confset_answer(NULL, "no authtab");
		return;
	}
	authtab_read(&checker.hashes, &certs, checker.tables,
	    cs->cs_conf.mc_flags, checker_read);
}

static void
checker_commit(void *made, struct confset *cs)
{
	struct authtab	*at = made;

	if ((cs->cs_conf.mc_flags & CONF_WARN) != 0 && checker.tables != NULL)
		hashes_tell(at->at_hashes, checker_file(cs,
		    FILE_AUTHTAB).af_name);
	authtab_free(checker.tables);
	checker.tables = at;
	cache_clear();
}

static void
checker_drop(void *made)
{
	authtab_cancel();
	authtab_free(made);
}

static const struct confset_ops checker_ops = {
	CONFSET_KIND(FILE_AUTHTAB) | CONFSET_KIND(FILE_CERTTAB) |
	CONFSET_KIND(FILE_USERTAB), 3, checker_check, checker_commit,
	checker_drop
};

static enum auth_result
checker_judge(const struct msg_check *mk, struct msg_checked *mh)
{
	if (checker.tables == NULL)
		return (AUTH_TEMP);
	if (mk->mk_method == AUTH_EXTERNAL)
		return (certtab_check(checker.tables->at_certs, mk->mk_user,
		    mk->mk_pass, mh->mh_user, sizeof(mh->mh_user)));
	if (mk->mk_method == AUTH_SCRAM_FIRST)
		return (hashes_known(checker.tables->at_hashes, mk->mk_user,
		    mh->mh_text, sizeof(mh->mh_text)));
	return (hashes_check(checker.tables->at_hashes, mk->mk_user,
	    mk->mk_pass, mk->mk_tag));
}

static struct verdict
queue_check(void *arg, const void *data, int fd)
{
	const struct msg_check	*mk = data;
	struct msg_checked	 mh;

	memset(&mh, 0, sizeof(mh));
	mh.mh_seq = mk->mk_seq;
	mh.mh_result = checker_judge(mk, &mh);
	chan_send(checker.queue, MSG_CHECKED, &mh, -1);
	return (TAKEN);
}

/* A proof instead of a password. */
static struct verdict
queue_check_scram(void *arg, const void *data, int fd)
{
	const struct msg_check_scram	*ks = data;
	struct msg_checked		 mh;

	memset(&mh, 0, sizeof(mh));
	mh.mh_seq = ks->ks_check.mk_seq;
	mh.mh_result = AUTH_TEMP;
	if (checker.tables != NULL)
		mh.mh_result = hashes_prove(checker.tables->at_hashes,
		    ks->ks_check.mk_user, &ks->ks_said, mh.mh_text,
		    sizeof(mh.mh_text));
	chan_send(checker.queue, MSG_CHECKED, &mh, -1);
	return (TAKEN);
}

static const struct chan_rule queue_rules[] = {
	{ MSG_CHECK,		queue_check },
	{ MSG_CHECK_SCRAM,	queue_check_scram },
	{ 0,			NULL }
};

/* authpop may well live: the parent knows, and connects us again. */
static void
queue_closed(void *arg, const char *why)
{
	struct msg_peer	 want;

	if (why != NULL)
		log_warnx("authpop ended: %s", why);
	chan_free(checker.queue);
	checker.queue = NULL;
	memset(&want, 0, sizeof(want));
	want.mp_role = ROLE_AUTH;
	proc_send(MSG_PEER_WANT, &want, -1);
}

static struct verdict
parent_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*mp = data;

	if (mp->mp_role != ROLE_AUTH) {
		close(fd);
		return (LIE("unexpected peer"));
	}
	chan_free(checker.queue);
	checker.queue = chan_new(fd, "authpop", queue_rules, queue_closed,
	    NULL);
	if (checker.queue == NULL)
		fatal("chan_new");
	return (TAKEN);
}

/* An admin has locked this user. */
static struct verdict
parent_forget(void *arg, const void *data, int fd)
{
	cache_forget(((const struct msg_user *)data)->mu_user);
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
	proc_start(role_name(ROLE_CHECKER), parent_rules);
	confset_init(&checker_ops);
}
