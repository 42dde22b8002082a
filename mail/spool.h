/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The spool of a user, a mailbox in one file to which the system delivers.
 * What is in it is moved into the maildir at each login; see spool.c.
 */

#ifndef SPOOL_H
#define SPOOL_H

#include <sys/types.h>
#include <stdint.h>

#include "dotlock.h"

#define SPOOL_DIR	"popspool"

struct spool {
	int		 sl_fd;		/* the file; -1: nothing to move, */
	int		 sl_empty;	/* and nothing is in it */
	uint32_t	 sl_locks;	/* of mboxlock.h */
	struct dotlock	 sl_dotlock;
	int64_t		 sl_moved;	/* messages */
};

/*
 * Open a spool as the user, before we confine ourselves: a regular file with
 * one name, owned by us, and no symbolic link at its end.  If it is another,
 * that is logged, and nothing will be moved from it; if there is none, or
 * nothing in it, it is not worth a word.  A process for its dotlock is
 * started, if there is to be one.
 */
void		 spool_open(struct spool *, const char *path, uint32_t locks);

/* Whether there is something to move. */
int		 spool_full(const struct spool *);

/*
 * Make the directories that are missing of a maildir, those of the path after
 * its first home octets; for a user whose first mail is in his spool.
 */
void		 spool_home(const char *path, size_t home);

/*
 * Move what is in the spool into the maildir of this descriptor, whose lock
 * we have.  Whatever fails is logged and left for another time.
 */
void		 spool_move(struct spool *, int);

/* Release all of it, its locks first. */
void		 spool_close(struct spool *);

#endif
