/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Whose uid, gid and directory a user has.
 */

#ifndef USERBASE_H
#define USERBASE_H

#include <stdint.h>

struct msg_userinfo_is;
struct session;
struct userinfo;
struct verdict;

/*
 * In the files that come before the first table process: NULL and what is
 * there; or why he cannot have a session; or "", which is to be asked.
 */
const char	*userbase_find(const char *user, struct userinfo *);

/* Whether some table may have him: a file does, or there are processes. */
int		 userbase_may_know(const char *);

/*
 * Send tabpop a question of a wanted session, which then waits for the answer
 * (s_asking); if there is none in TABLE_SECONDS and a little, late is called
 * with the session.  0, or -1: not now.
 */
int		 userbase_wait(struct session *, uint32_t type,
		    const void *question, void (*late)(int, short, void *));

/* Ask tabpop about the user of a wanted session, as above. */
int		 userbase_ask(struct session *,
		    void (*late)(int, short, void *));

/*
 * What tabpop says of a user: NULL and what it is; or why as of
 * userbase_find(), "" if that is not known for now.  TAKEN, or its lie.
 */
struct verdict	 userbase_told(const struct msg_userinfo_is *,
		    const char *user, struct userinfo *, const char **why);

#endif
