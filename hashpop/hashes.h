/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authtab in memory, and checking passwords with it.
 */

#ifndef HASHES_H
#define HASHES_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "table.h"

struct hashes;
struct hashes_reader;

/*
 * Start to read authtab from an open file; name is for messages.  old is the
 * table in use, to be replaced, or NULL.  All three stay the caller's and must
 * outlive the reader.  With warn, log lines whose users can never log in.
 * Return NULL with errno without memory.
 */
struct hashes_reader *hashes_open(int fd, const char *name,
		    const struct hashes *old, int warn);

/* table_whole() and table_all(), the latter to log all bad lines. */
void		 hashes_whole(struct hashes_reader *);
void		 hashes_all(struct hashes_reader *);

/*
 * Read a slice, about two milliseconds.  TABLE_BAD comes with "name:line:
 * reason" in why if the table is malformed or truncated.  After anything but
 * TABLE_MORE call only hashes_take() or hashes_cancel().
 */
enum table_state hashes_step(struct hashes_reader *, char *, size_t);

/*
 * Return the hashes after TABLE_DONE, for hashes_free(), and free the reader.
 */
struct hashes	*hashes_take(struct hashes_reader *);

/* Free a reader and what it has read; NULL is ignored. */
void		 hashes_cancel(struct hashes_reader *);

/* Wipe and free; NULL is ignored. */
void		 hashes_free(struct hashes *);

/* Log users added and removed: see table_tell(). */
void		 hashes_tell(const struct hashes *, const char *name);

/* AUTH_APOP or _CRAM is offered: log how many users cannot use it. */
void		 hashes_tell_method(const struct hashes *, const char *name,
		    enum auth_method);

/* Return the rows, or whether the user of one is locked. */
const struct table *hashes_table(const struct hashes *);
int		 hashes_locked(const struct table_row *);

/*
 * These files are in use from now on, and perhaps table processes: choose what
 * is checked for all users without a usable hash.
 */
void		 hashes_use(struct hashes *const files[TABLES_ASKED_MAX],
		    int processes);

/*
 * Check the password of a user.  Return AUTH_ACCEPTED, AUTH_NO_USER,
 * AUTH_NO_MATCH, AUTH_LOCKED or AUTH_NO_HASH, all in the same time if all
 * hashes are of one method and cost.  An empty password never
 * matches.  A NULL table is empty.  tag, of the password, may be NULL: see
 * cache.h.
 */
enum auth_result hashes_check(struct hashes *, const char *user,
		    const char *pass, const uint8_t *tag);

/*
 * APOP and CRAM-MD5: check the client's half (secret.h) with the user's
 * secret.  Return as hashes_check() does, AUTH_NO_HASH for a user without a
 * secret for this method, always after the same steps.  A NULL table is empty.
 * AUTH_ACCEPTED of a route comes with a ticket.
 */
enum auth_result hashes_digest(const struct hashes *,
		    const struct msg_check *, char ticket[TICKET_TEXT]);

/* The same with an entry from tabpop; NULL: unknown user. */
enum auth_result hashes_digest_given(const char *hash,
		    const struct msg_check *, char ticket[TICKET_TEXT]);

/* Return whether there is a line for a user, whatever it says. */
int		 hashes_has(const struct hashes *, const char *);

/*
 * As hashes_check(), with one hash from tabpop; or with none, AUTH_NO_USER.
 */
enum auth_result hashes_check_given(const char *hash, const char *user,
		    const char *pass, const uint8_t *tag);
enum auth_result hashes_unknown_user(const char *pass);

#endif
