/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How far a spool has been moved: the file "journal" in popspool/, one line.
 * Its rename into place is the moment at which a message belongs to the
 * maildir and not to the spool any more; see spool.h.
 */

#ifndef JOURNAL_H
#define JOURNAL_H

#include <sys/types.h>
#include <stdint.h>

#include "limits.h"

#define JOURNAL_FILE	"journal"
#define JOURNAL_NEW	"journal.new"

/* SHA-256 in hex, with the NUL. */
#define JOURNAL_DIGEST	65

struct journal {
	uint64_t	 jo_length;	/* so much of the spool is moved, */
	char		 jo_digest[JOURNAL_DIGEST];	/* and was this */
	/* With this begin the names of all messages that are to go to new/. */
	char		 jo_batch[MAILNAME_MAX + 1];
};

/*
 * The journal of the directory: 1, 0 if there is none, -1 if it cannot be
 * read or is none of ours, logged.
 */
int		 journal_read(int, struct journal *);

/* Make it durable, in place of another.  0, or -1, logged. */
int		 journal_write(int, const struct journal *);

/*
 * What a file begins with, up to this length: a digest of SPOOL_SAMPLE octets
 * at either end of that.  So a spool is known again if other programs have
 * put more into it, or marks into its messages.  0, or -1 and errno.
 */
int		 journal_digest(int, uint64_t, char [JOURNAL_DIGEST]);

#endif
