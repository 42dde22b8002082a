/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages on their way from a spool to new/: in one directory, popspool/,
 * where no program looks for mail or cleans up.  See spool.h.
 */

#ifndef STAGE_H
#define STAGE_H

#include <sys/types.h>
#include <stdint.h>

struct journal;

/*
 * Write the messages between two offsets of a spool (an open file) to files of
 * the directory, durable, under their final names.  Stops at the next message
 * after SPOOL_SECONDS, and before one that fails, such as for lack of room.
 * Return their number, and fill in the journal; 0, logged, if it is not a
 * mailbox; or -1, logged, with none of them left.
 */
int64_t		 stage_fill(int dir, int spool, uint64_t from, uint64_t to,
		    struct journal *jo);

/*
 * Move all messages of the journal to new/, durably; some may be there already.
 * Return how many were moved, or -1, logged.
 */
int64_t		 stage_move(int dir, int new, const struct journal *);

/* Remove our leftovers, except the journal.  Failures are ignored. */
void		 stage_clear(int dir);

#endif
