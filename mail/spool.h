/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The spool of a user, a mailbox file to which the system delivers.  Each login
 * moves it into the maildir; see spool.c.
 */

#ifndef SPOOL_H
#define SPOOL_H

#include <sys/types.h>
#include <stdint.h>

#include "dotlock.h"

#define SPOOL_DIR	"popspool"

struct spool {
	int		 sl_fd;		/* the file; -1: nothing to move */
	int		 sl_empty;	/* because it is empty */
	uint32_t	 sl_locks;	/* of mboxlock.h */
	struct dotlock	 sl_dotlock;
	int64_t		 sl_moved;	/* messages */
};

/*
 * Open a spool as the user, before we are sandboxed: a regular file with one
 * name, owned by us, not a symbolic link.  Anything else is logged and not
 * moved; a missing or empty spool is not logged.  Starts a process for its
 * dotlock, if needed.
 */
void		 spool_open(struct spool *, const char *path, uint32_t locks);

/* Return whether there is anything to move. */
int		 spool_full(const struct spool *);

/*
 * Make the missing directories of a maildir, those of the path after its first
 * home octets; for a user whose first mail is in the spool.
 */
void		 spool_home(const char *path, size_t home);

/*
 * Move the spool into the maildir of this descriptor, whose lock we hold.
 * Failures are logged and left for another time.
 */
void		 spool_move(struct spool *, int);

/* Release its locks and close it. */
void		 spool_close(struct spool *);

#endif
