/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages on their way from a spool into new/: all in one directory,
 * popspool/, where nobody looks for mail and nobody sweeps.  See spool.h.
 */

#ifndef STAGE_H
#define STAGE_H

#include <sys/types.h>
#include <stdint.h>

struct journal;

/*
 * Write the messages between two offsets of a spool (an open file) to files of
 * the directory, durable, under the names that they will have.  After
 * SPOOL_SECONDS it stops at the next message.  Returns their number, and what
 * the journal is to say; 0, logged, if it is no mailbox; or -1, logged, and
 * none of them is left.
 */
int64_t		 stage_fill(int dir, int spool, uint64_t from, uint64_t to,
		    struct journal *jo);

/*
 * Move all messages of the journal to new/, which is made durable.  They may
 * be there already.  How many were moved, or -1, logged.
 */
int64_t		 stage_move(int dir, int new, const struct journal *);

/* Remove what we left there, but for the journal.  Failures do not matter. */
void		 stage_clear(int dir);

#endif
