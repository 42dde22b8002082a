/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What this system says of its users.
 */

#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "limits.h"
#include "question.h"

enum account_result {
	ACCOUNT_FOUND,			/* the password is right; or he is
					   an_value */
	ACCOUNT_WRONG,			/* there is such a user, that is all */
	ACCOUNT_NONE,			/* there is none */
	ACCOUNT_ERROR			/* it cannot be known for now */
};

/* FOUND for userinfo: uid:gid:directory.  ERROR: why. */
struct account_answer {
	enum account_result	 an_result;
	char			 an_value[PATH_LEN_MAX + 32];
};

/*
 * Answer a question: in a process of its own, as it may take for ever, or be
 * the end of that process.  The password is wiped.  below is where a mailbox
 * is below a user's directory, "" for the directory itself.
 */
void	 account_answer(struct question *, const char *below,
	    struct account_answer *);

#endif
