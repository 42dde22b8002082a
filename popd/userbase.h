/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The userbase: uid, gid and directory of a user.
 */

#ifndef USERBASE_H
#define USERBASE_H

#include <stdint.h>

struct msg_userinfo_is;
struct session;
struct userinfo;
struct verdict;

/*
 * Search the files before the first table process.  Returns NULL if found, the
 * reason why the user cannot have a session, or "" if tabpop must be asked.
 */
const char	*userbase_find(const char *user, struct userinfo *);

/* Return whether a table may have the user: a file has, or any process. */
int		 userbase_may_know(const char *);

/*
 * Send tabpop a question for a wanted session, which gets login_unknown()
 * without an answer in little more than TABLE_SECONDS.  Returns 0, or -1.
 */
int		 userbase_wait(struct session *, uint32_t type,
		    const void *question);

/*
 * Ask tabpop about the user of a wanted session; ends in login_userinfo(), or
 * after a timeout in login_unknown().  Returns 0, or -1 if it cannot be asked.
 */
int		 userbase_ask(struct session *);

/*
 * Check tabpop's answer for a user: why is set as userbase_find() returns it,
 * with "" for a temporary failure.  The verdict is TAKEN or a lie.
 */
struct verdict	 userbase_told(const struct msg_userinfo_is *,
		    const char *user, struct userinfo *, const char **why);

/* tabpop's answer for the user of a session. */
struct verdict	 userbase_answer(const struct msg_userinfo_is *);

/* tabpop is gone: end the sessions waiting for it. */
void		 userbase_lost(void);

#endif
