/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authtab in memory, and passwords held against it.
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
 * Begin to read authtab from an open file; name is for messages.  old is the
 * one in use that it is to replace, NULL for the first.  All three stay the
 * caller's, for as long as the reader is there.  If warn is set, lines whose
 * user can never log in are logged.  NULL, and errno, if there is no memory.
 */
struct hashes_reader *hashes_open(int fd, const char *name,
		    const struct hashes *old, int warn);

/* Tell of all wrong lines: table_all(). */
void		 hashes_all(struct hashes_reader *);

/*
 * Read a slice, about two milliseconds.  TABLE_BAD comes with one line
 * "name:line: reason" in why, if the table is malformed or has lost
 * something.  After anything but TABLE_MORE only hashes_take() and
 * hashes_cancel() are allowed.
 */
enum table_state hashes_step(struct hashes_reader *, char *, size_t);

/* The hashes, after TABLE_DONE, for hashes_free(); the reader is gone. */
struct hashes	*hashes_take(struct hashes_reader *);

/* Drop a reader, NULL too, with whatever it has. */
void		 hashes_cancel(struct hashes_reader *);

/* All of it at once.  NULL, and one line in why, if it is bad. */
struct hashes	*hashes_read(int fd, const char *name, int warn, char *why,
		    size_t size);

/* Wipe and free; NULL does nothing. */
void		 hashes_free(struct hashes *);

/* Log who came and went: see table_tell(). */
void		 hashes_tell(const struct hashes *, const char *name);

/* AUTH_SCRAM, _APOP or _CRAM is offered: log how many cannot log in by it. */
void		 hashes_tell_method(const struct hashes *, const char *name,
		    enum auth_method);

/* Its rows, and whether the user of one is locked. */
const struct table *hashes_table(const struct hashes *);
int		 hashes_locked(const struct table_row *);

/*
 * Whether this is the password of this user: AUTH_ACCEPTED, AUTH_NO_USER,
 * AUTH_NO_MATCH, AUTH_LOCKED or AUTH_NO_HASH.  All of them take the same time
 * if the hashes of the table are of one method and cost.  An empty password
 * never is.  NULL for a table is one without users.  The tag of the password
 * may be NULL: see cache.h.
 */
enum auth_result hashes_check(struct hashes *, const char *user,
		    const char *pass, const uint8_t *tag);

/* SCRAM: whether anybody has a verifier here. */
int		 hashes_scram(const struct hashes *);

/*
 * SCRAM: what a client is told of a user of this table, NULL for one of none:
 * "s=...,i=...".  For one who has no verifier it is made up of another table's,
 * which has some, and the same each time.
 */
void		 hashes_known(const struct hashes *, const struct hashes *like,
		    const char *user, char *buf, size_t size);

/*
 * SCRAM: whether the proof is one; if it is, the server's signature, "v=...".
 * What it returns is as for hashes_check().
 */
enum auth_result hashes_prove(const struct hashes *, const struct hashes *like,
		    const char *user, const struct scram_said *, char *buf,
		    size_t size);

/*
 * APOP and CRAM-MD5: whether the client's half (secret.h) was made with the
 * secret of this user; NULL for a table is one without users.  What it returns
 * is as for hashes_check(), AUTH_NO_HASH for a user who has no secret for it;
 * all of them take the same steps.  With AUTH_ACCEPTED comes a ticket.
 */
enum auth_result hashes_digest(const struct hashes *,
		    const struct msg_check *, char ticket[TICKET_TEXT]);

/* The same with an entry that came from elsewhere; NULL: there is no user. */
enum auth_result hashes_digest_given(const char *hash,
		    const struct msg_check *, char ticket[TICKET_TEXT]);

/* Whether there is a line for a user, whatever it says. */
int		 hashes_know(const struct hashes *, const char *);

/*
 * As hashes_check(), against one hash that came from elsewhere; or against
 * none, AUTH_NO_USER, which takes the time of the last one that came, or of
 * the table if none did.
 */
enum auth_result hashes_given(const char *hash, const char *user,
		    const char *pass, const uint8_t *tag);
enum auth_result hashes_nobody(struct hashes *, const char *pass);

#endif
