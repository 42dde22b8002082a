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

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authpop.h"
#include "authtab.h"
#include "chan.h"
#include "hash.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

static struct checker {
	struct chan	*ck_parent;
	struct chan	*ck_queue;	/* NULL: there is none now */
	struct hashes	*ck_hashes;	/* in use; NULL before the first */
	struct hashes	*ck_new;	/* between CHECK and COMMIT */
	int		 ck_trying;	/* between TRY and CHECK */
	int		 ck_warn;
	int		 ck_fd;		/* authtab, -1: none */
	char		 ck_name[sizeof(((struct msg_file *)0)->mf_name)];
} checker = { .ck_fd = -1 };

static void
conf_clear(void)
{
	authtab_cancel();
	if (checker.ck_fd != -1)
		close(checker.ck_fd);
	checker.ck_fd = -1;
	checker.ck_trying = 0;
	hashes_free(checker.ck_new);
	checker.ck_new = NULL;
}

static const char *
conf_try(void *arg, const void *data, int fd)
{
	const struct msg_conf	*mc = data;

	conf_clear();
	checker.ck_trying = 1;
	checker.ck_warn = (mc->mc_flags & CONF_WARN) != 0;
	log_verbose((mc->mc_flags & CONF_VERBOSE) != 0);
	return NULL;
}

static const char *
conf_file(void *arg, const void *data, int fd)
{
	const struct msg_file	*mf = data;

	if (!checker.ck_trying || checker.ck_fd != -1 ||
	    mf->mf_kind != FILE_AUTHTAB) {
		close(fd);
		return "a file that is not expected";
	}
	checker.ck_fd = fd;
	(void)strlcpy(checker.ck_name, mf->mf_name, sizeof(checker.ck_name));
	return NULL;
}

/* authtab is read, or bad. */
static void
conf_read(struct hashes *ha, const char *why)
{
	struct msg_text	 mt;

	conf_clear();
	checker.ck_new = ha;
	if (ha != NULL) {
		(void)chan_send(checker.ck_parent, MSG_CONF_OK, NULL, -1);
		return;
	}
	memset(&mt, 0, sizeof(mt));
	(void)strlcpy(mt.mt_text, why, sizeof(mt.mt_text));
	(void)chan_send(checker.ck_parent, MSG_CONF_BAD, &mt, -1);
}

static const char *
conf_check(void *arg, const void *data, int fd)
{
	if (!checker.ck_trying || checker.ck_fd == -1)
		return "a set that is not whole";
	checker.ck_trying = 0;
	authtab_read(checker.ck_fd, checker.ck_name, checker.ck_hashes,
	    checker.ck_warn, conf_read);
	return NULL;
}

static const char *
conf_commit(void *arg, const void *data, int fd)
{
	if (checker.ck_new == NULL)
		return "nothing to commit";
	if (checker.ck_warn && checker.ck_hashes != NULL)
		hashes_tell(checker.ck_new, checker.ck_name);
	hashes_free(checker.ck_hashes);
	checker.ck_hashes = checker.ck_new;
	checker.ck_new = NULL;
	return NULL;
}

static const char *
conf_abort(void *arg, const void *data, int fd)
{
	conf_clear();
	return NULL;
}

static const char *
queue_check(void *arg, const void *data, int fd)
{
	const struct msg_check	*mk = data;
	struct msg_checked	 md;

	memset(&md, 0, sizeof(md));
	md.md_seq = mk->mk_seq;
	md.md_result = AUTH_TEMP;
	if (checker.ck_hashes != NULL)
		md.md_result = hashes_check(checker.ck_hashes, mk->mk_user,
		    mk->mk_pass);
	(void)chan_send(checker.ck_queue, MSG_CHECKED, &md, -1);
	return NULL;
}

static const struct chan_rule queue_rules[] = {
	{ MSG_CHECK,		queue_check },
	{ 0,			NULL }
};

static void
queue_closed(void *arg, const char *why)
{
	if (why != NULL)
		log_warnx("authpop ended: %s", why);
	chan_free(checker.ck_queue);
	checker.ck_queue = NULL;
}

static const char *
parent_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*mp = data;

	if (mp->mp_role != ROLE_AUTH) {
		close(fd);
		return "a peer that is no authpop";
	}
	chan_free(checker.ck_queue);
	checker.ck_queue = chan_new(fd, "authpop", queue_rules, queue_closed,
	    NULL);
	if (checker.ck_queue == NULL)
		fatal("chan_new");
	return NULL;
}

static const struct chan_rule parent_rules[] = {
	{ MSG_CONF_TRY,		conf_try },
	{ MSG_CONF_FILE,	conf_file },
	{ MSG_CONF_CHECK,	conf_check },
	{ MSG_CONF_COMMIT,	conf_commit },
	{ MSG_CONF_ABORT,	conf_abort },
	{ MSG_PEER,		parent_peer },
	{ 0,			NULL }
};

void
checker_init(void)
{
	checker.ck_parent = proc_channel(parent_rules);
}
