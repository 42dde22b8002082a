/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop: the messages of one maildir as one session sees them.  Below it
 * are maildir.h (names and directories) and popcache.h (the index); above it
 * the POP3 commands, which know neither.
 *
 * The list is a snapshot: message numbers (from 1) never change.  Nothing in
 * new/ and cur/ changes before maildrop_update().
 */

#ifndef MAILDROP_H
#define MAILDROP_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "limits.h"

struct maildrop;

enum maildrop_error {
	MAILDROP_OK,
	MAILDROP_IN_USE,	/* another session holds the lock */
	MAILDROP_TEMP,		/* may go away: [SYS/TEMP] */
	MAILDROP_PERM,		/* needs the administrator: [SYS/PERM] */
	MAILDROP_NONE,		/* no mail yet: see maildrop_none() */
	MAILDROP_GONE,		/* this message no longer exists */
	MAILDROP_DAMAGED	/* the list differs from the one announced: end
				   now, [SYS/TEMP], no UPDATE */
};

/*
 * Open the directory of a maildrop as the user: not a symbolic link, a
 * directory, owned by us.  It becomes the current directory, so that one
 * unveil(".")  covers the session.  Return its descriptor, or -1 with *error
 * set, logged.  Creates nothing.
 *
 * The second argument, if not 0, says how much of the path must exist; if only
 * the rest is missing, that is MAILDROP_NONE and not logged.
 */
int		 maildrop_enter(const char *, size_t, enum maildrop_error *);

/*
 * Lock the maildir (descriptor of maildrop_enter(), now owned by the maildrop),
 * waiting at most LOCK_MILLISECONDS, move the contents of the spool into it,
 * unless NULL, and take the snapshot.  On an unchanged maildir this reads only
 * the header of popcache, however many messages there are.  Return NULL with
 * *error set, logged, and the descriptor closed on failure.
 */
struct spool;
struct maildrop	*maildrop_open(int, struct spool *, enum maildrop_error *);

/*
 * Make a maildrop without messages and directory: nothing is opened for it, now
 * or later.  Return NULL, logged, if memory is short.
 */
struct maildrop	*maildrop_none(void);

/*
 * Write popcache if the snapshot changed it.  Called once by the session, after
 * PASS has been answered; a failure is logged and costs only time.
 */
void		 maildrop_store(struct maildrop *);

/* Release the lock and free everything.  Changes nothing on disk. */
void		 maildrop_close(struct maildrop *);

/* Return the milliseconds that maildrop_open() waited for the lock. */
uint32_t	 maildrop_waited(const struct maildrop *);

/* Return the messages not marked deleted, and their octets, for STAT. */
uint32_t	 maildrop_count(const struct maildrop *);
uint64_t	 maildrop_octets(const struct maildrop *);

/* Return the highest message number, including deleted messages. */
uint32_t	 maildrop_last(const struct maildrop *);

/* Return whether the index sufficed and no message was read. */
int		 maildrop_indexed(const struct maildrop *);

/*
 * Make the list available (it is read when first needed).  Call before all
 * functions below.  Return MAILDROP_OK, MAILDROP_DAMAGED or MAILDROP_TEMP.
 */
enum maildrop_error maildrop_load(struct maildrop *);

/* Return whether message n exists, and whether it is marked. */
int		 maildrop_exists(const struct maildrop *, uint32_t);
int		 maildrop_deleted(const struct maildrop *, uint32_t);

/* Return the octets as listed. */
uint64_t	 maildrop_size(const struct maildrop *, uint32_t);

/* Copy the unique-id, without NUL.  Return its length, 1 to UIDL_MAX octets. */
size_t		 maildrop_uidl(const struct maildrop *, uint32_t,
		    char [UIDL_MAX]);

/*
 * Open message n for reading: a regular file, without following links and
 * without blocking; if another program renamed it, it is found again.  Return a
 * descriptor that the caller closes, or -1 with *error set (MAILDROP_GONE: it
 * was removed).
 */
int		 maildrop_read(struct maildrop *, uint32_t,
		    enum maildrop_error *);

/*
 * Note that RETR has sent message n whole, octets in all: UPDATE will move it
 * to cur/.  If octets is not what was listed, correct the entry and log a
 * warning.
 */
void		 maildrop_retrieved(struct maildrop *, uint32_t, uint64_t);

/*
 * Keep message n whatever is marked, since RETR did not send it whole, until
 * another RETR does.
 */
void		 maildrop_cut(struct maildrop *, uint32_t);
void		 maildrop_whole(struct maildrop *, uint32_t);

/* DELE and RSET.  RSET does not undo that messages were retrieved. */
void		 maildrop_delete(struct maildrop *, uint32_t);
void		 maildrop_reset(struct maildrop *);

/*
 * Let UPDATE also remove messages that are so many days old and that the user
 * has had: retrieved in this session, or seen before it.  The age counts from
 * the later of the times in the name and of the file, so that a maildir may be
 * copied.  Nothing is removed between sessions.
 */
void		 maildrop_expire(struct maildrop *, uint32_t days, time_t now);

/*
 * UPDATE (RFC 1939 section 6): unlink marked messages, move those retrieved
 * from new/ to cur/ with the S flag, fsync each changed directory once, remove
 * stale files from tmp/, release the lock.  *deleted becomes the number of
 * removed messages that DELE had marked.  Return 0 only if all of those are
 * gone; otherwise -1, reasons logged.  Only maildrop_close() and functions
 * about listed messages may follow.
 */
int		 maildrop_update(struct maildrop *, uint32_t *);

/* Return how many messages UPDATE removed because of their age. */
uint32_t	 maildrop_expired(const struct maildrop *);

#endif
