/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How much of a spool has been moved: the file "journal" in popspool/, one
 * line.  Its rename into place is the moment at which a message starts to
 * belong to the maildir and not to the spool; see spool.h.
 */

#ifndef JOURNAL_H
#define JOURNAL_H

#include <sys/types.h>
#include <stdint.h>

#include "limits.h"

#define JOURNAL_FILE	"journal"
#define JOURNAL_NEW	"journal.new"

/* SHA-256 in hexadecimal, with NUL. */
#define JOURNAL_DIGEST	65

struct journal {
	uint64_t	 jo_length;	/* octets of the spool moved */
	char		 jo_digest[JOURNAL_DIGEST];	/* their digest */
	/* Prefix of the names of all messages that go to new/. */
	char		 jo_batch[MAILNAME_MAX + 1];
};

/*
 * Read the journal of a directory.  Return 1, 0 if there is none, -1 if it
 * cannot be read or is invalid, logged.
 */
int		 journal_read(int, struct journal *);

/* Replace it durably.  Return 0, or -1, logged. */
int		 journal_write(int, const struct journal *);

/*
 * Digest the first length octets of a file: SPOOL_SAMPLE octets at either end
 * of them, without lines such as Status.  So a spool is recognized after other
 * programs have added to it, or marked messages in it: dovecot-lda does both.
 * Return 0, or -1 with errno set.
 */
int		 journal_digest(int, uint64_t, char [JOURNAL_DIGEST]);

#endif
