/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop: the messages of one maildir as one session sees them.
 * Below it are maildir.h (names and directories) and popcache.h (the
 * index); above it the POP3 commands, which know neither.
 *
 * The list is a snapshot: message numbers (from 1) never change.
 * Nothing in new/ and cur/ changes before maildrop_update().
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
	MAILDROP_IN_USE,	/* another session keeps the lock */
	MAILDROP_TEMP,		/* may heal: [SYS/TEMP] */
	MAILDROP_PERM,		/* needs the administrator: [SYS/PERM] */
	MAILDROP_NONE,		/* no mail has ever come: see maildrop_none() */
	MAILDROP_CLOSED,	/* it is being moved: popmove.h */
	MAILDROP_GONE,		/* this message is not there any more */
	MAILDROP_DAMAGED	/* the list is not what was promised: end now,
				   [SYS/TEMP], no UPDATE */
};

/*
 * Open the directory of a maildrop as the user: no symbolic link at its end,
 * a directory, owned by us.  Makes it the current directory, so that one
 * unveil(".") covers all that a session does.  Returns its descriptor or -1
 * with *error set, the reason logged.  Creates nothing.
 *
 * The second argument, if it is not 0, says how much of the path is the
 * directory that must be there; if only the part after it is missing, that
 * is MAILDROP_NONE and not logged.
 */
int		 maildrop_enter(const char *, size_t, enum maildrop_error *);

/*
 * Lock the maildir (descriptor of maildrop_enter(), owned by the maildrop
 * from now on), waiting LOCK_MILLISECONDS at the most, and take the snapshot.
 * On an unchanged maildir this reads the header of popcache only; its cost
 * does not depend on the number of messages.  NULL with *error set, the
 * reason logged, the descriptor closed.
 */
struct maildrop	*maildrop_open(int, enum maildrop_error *);

/*
 * The same, but once the maildir is locked what is in this spool is moved into
 * it.
 */
struct spool;
struct maildrop	*maildrop_open_spool(int, struct spool *,
		    enum maildrop_error *);

/*
 * A maildrop without messages and without a directory: nothing is opened
 * for it, now or later.  NULL, logged, if there is no memory.
 */
struct maildrop	*maildrop_none(void);

/*
 * Write popcache if the snapshot brought news.  Called once by the session,
 * after PASS has been answered; a failure is logged and costs only time.
 */
void		 maildrop_store(struct maildrop *);

/* Release the lock and everything else.  Changes nothing on disk. */
void		 maildrop_close(struct maildrop *);

/* Milliseconds for which maildrop_open() waited for the lock. */
uint32_t	 maildrop_waited(const struct maildrop *);

/* Messages not marked deleted, and their octets: what STAT says. */
uint32_t	 maildrop_count(const struct maildrop *);
uint64_t	 maildrop_octets(const struct maildrop *);

/* The highest message number, deleted ones counted. */
uint32_t	 maildrop_last(const struct maildrop *);

/* Whether the session began with what the index knew: no message was read. */
int		 maildrop_indexed(const struct maildrop *);

/*
 * Make the list itself available (it is read on first need).  Every function
 * below calls for it first.  MAILDROP_OK, or MAILDROP_DAMAGED or _TEMP.
 */
enum maildrop_error maildrop_load(struct maildrop *);

/* Whether n is a message of this maildrop, and whether it is marked. */
int		 maildrop_exists(const struct maildrop *, uint32_t);
int		 maildrop_deleted(const struct maildrop *, uint32_t);

/* Octets as listed. */
uint64_t	 maildrop_size(const struct maildrop *, uint32_t);

/* The unique id, not terminated; its length, 1 to UIDL_MAX octets. */
size_t		 maildrop_uidl(const struct maildrop *, uint32_t,
		    char [UIDL_MAX]);

/*
 * Open message n for reading.  It is a regular file, opened without
 * following a link and without blocking; if another program renamed it, it
 * is found again.  Returns a descriptor that the caller closes, or -1 with
 * *error set (MAILDROP_GONE: it was removed).
 */
int		 maildrop_read(struct maildrop *, uint32_t,
		    enum maildrop_error *);

/*
 * RETR has sent message n whole, octets in all: it will move to cur/ at
 * UPDATE, and if octets is not what was listed, the entry is corrected and a
 * warning logged.
 */
void		 maildrop_retrieved(struct maildrop *, uint32_t, uint64_t);

/*
 * RETR of message n did not go out whole: the message stays, whatever was or
 * will be marked; until another RETR of it does.
 */
void		 maildrop_cut(struct maildrop *, uint32_t);
void		 maildrop_whole(struct maildrop *, uint32_t);

/* DELE and RSET.  RSET does not take back that messages were retrieved. */
void		 maildrop_delete(struct maildrop *, uint32_t);
void		 maildrop_reset(struct maildrop *);

/*
 * UPDATE is to remove, too, what is so many days old and its reader has had:
 * what was retrieved in this session, or was marked as seen before it.  Its age
 * is counted from the later of the time in its name and that of its file, so
 * that a maildir may be copied.  In the time between two sessions nothing
 * goes.
 */
void		 maildrop_expire(struct maildrop *, uint32_t days, time_t now);

/*
 * UPDATE (RFC 1939 section 6): unlink what is marked, move what was retrieved
 * from new/ to cur/ with the S flag, fsync each changed directory once,
 * clear stale files from tmp/, release the lock.  *deleted gets the number
 * of messages that DELE marked and that are gone now.  Returns 0 only if all
 * of those are gone; else -1, reasons logged.  Nothing but maildrop_close()
 * may follow, and what is said of messages that are listed.
 */
int		 maildrop_update(struct maildrop *, uint32_t *);

/* After UPDATE: how many are gone for their age. */
uint32_t	 maildrop_expired(const struct maildrop *);

/* After UPDATE: whether message n is gone by it, and what for. */
enum maildrop_gone {
	MAILDROP_KEPT,
	MAILDROP_DELETED,
	MAILDROP_EXPIRED
};
enum maildrop_gone maildrop_removed(const struct maildrop *, uint32_t);

#endif
