/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Look up and check users of this system.
 */

#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "limits.h"
#include "question.h"

enum account_result {
	ACCOUNT_FOUND,			/* password right, or an_value set */
	ACCOUNT_WRONG,			/* known, but the password is wrong */
	ACCOUNT_NONE,			/* no such user */
	ACCOUNT_ERROR			/* temporary failure */
};

/* an_value: FOUND, userinfo: uid:gid:directory; ERROR: the reason. */
struct account_answer {
	enum account_result	 an_result;
	char			 an_value[PATH_LEN_MAX + 32];
};

/*
 * Answer a question, in a process of its own: this may hang or crash.  The
 * password is wiped.  below is the mailbox's path below the user's home
 * directory, "" for the home directory itself.
 */
void	 account_answer(struct question *, const char *below,
	    struct account_answer *);

#endif
