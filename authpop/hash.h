/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authtab in memory, and passwords held against it.
 */

#ifndef HASH_H
#define HASH_H

#include <stddef.h>

#include "msg.h"

struct hashes;

/*
 * Read authtab from an open file, which stays the caller's; name is for
 * messages and not kept.  If warn is set, lines whose user can never log in
 * are logged.  hashes_free() frees and wipes it.  NULL, and one line
 * "name:line: reason" in why, if the table is malformed.
 */
struct hashes	*hashes_read(int, const char *, int, char *, size_t);
void		 hashes_free(struct hashes *);

/*
 * Whether this is the password of this user: AUTH_ACCEPTED, AUTH_NO_USER or
 * AUTH_NO_MATCH.  All three take the same time if the hashes of the table
 * are of one method and cost.  An empty password never is.  NULL for a
 * table is one without users.
 */
enum auth_result hashes_check(struct hashes *, const char *, const char *);

#endif
