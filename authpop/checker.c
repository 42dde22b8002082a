/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The checker process: one password at a time, for as long as it takes;
 * nothing but this process waits for it.  In: authtab from the parent, CHECK
 * from the queue.  Out: CHECKED to the queue.
 */

#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "authpop.h"
#include "authtab.h"
#include "chan.h"
#include "confset.h"
#include "count.h"
#include "hash.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

static struct {
	struct chan	*queue;		/* NULL: there is none now */
	struct hashes	*hashes;	/* in use; NULL before the first */
} checker;

/* authtab is read, or bad. */
static void
checker_read(struct hashes *ha, const char *why)
{
	confset_answer(ha, why);
}

static void
checker_check(const struct confset *cs)
{
	const struct confset_file	*cf = cs->cs_files;

	if (cs->cs_count == 0) {
		confset_answer(NULL, "no authtab");
		return;
	}
	authtab_read(cf->cf_fd, cf->cf_file.mf_name, checker.hashes,
	    (cs->cs_conf.mc_flags & CONF_WARN) != 0, checker_read);
}

static void
checker_commit(void *made, struct confset *cs)
{
	if ((cs->cs_conf.mc_flags & CONF_WARN) != 0 && checker.hashes != NULL)
		hashes_tell(made, cs->cs_files[0].cf_file.mf_name);
	hashes_free(checker.hashes);
	checker.hashes = made;
}

static void
checker_drop(void *made)
{
	authtab_cancel();
	hashes_free(made);
}

static const struct confset_ops checker_ops = {
	CONFSET_KIND(FILE_AUTHTAB), 1, checker_check, checker_commit,
	checker_drop
};

static struct verdict
queue_check(void *arg, const void *data, int fd)
{
	const struct msg_check	*mk = data;
	struct msg_checked	 mh;

	memset(&mh, 0, sizeof(mh));
	mh.mh_seq = mk->mk_seq;
	mh.mh_result = AUTH_TEMP;
	count_add(COUNT_HASHES, 1);
	if (checker.hashes != NULL)
		mh.mh_result = hashes_check(checker.hashes, mk->mk_user,
		    mk->mk_pass);
	chan_send(checker.queue, MSG_CHECKED, &mh, -1);
	return (TAKEN);
}

static const struct chan_rule queue_rules[] = {
	{ MSG_CHECK,		queue_check },
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

static const struct chan_rule parent_rules[] = {
	PROC_RULES,
	{ MSG_PEER,		parent_peer },
	{ 0,			NULL }
};

void
checker_start(void)
{
	proc_start(role_name(ROLE_CHECKER), parent_rules);
	confset_init(&checker_ops);
}
