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
 * Search the files before the first table process.  Return NULL if found, the
 * reason why the user cannot have a session, or "" if tabpop must be asked.
 */
const char	*userbase_find(const char *user, struct userinfo *);

/* Return whether a file before the first table process has the user. */
int		 userbase_in_file(const char *);

/* Return whether a table may have the user: a file has, or any process. */
int		 userbase_may_know(const char *);

/*
 * Send tabpop a question for a wanted session, which waits for the answer
 * (s_asking).  Without one in little more than TABLE_SECONDS late is called
 * with the session.  Return 0, or -1 if it cannot be asked.
 */
int		 userbase_wait(struct session *, uint32_t type,
		    const void *question, void (*late)(int, short, void *));

/* Ask tabpop about the user of a wanted session, as above. */
int		 userbase_ask(struct session *,
		    void (*late)(int, short, void *));

/*
 * Check tabpop's answer for a user: why is set as userbase_find() returns it,
 * with "" for a temporary failure.  The verdict is TAKEN or a lie.
 */
struct verdict	 userbase_told(const struct msg_userinfo_is *,
		    const char *user, struct userinfo *, const char **why);

#endif
