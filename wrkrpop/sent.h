/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages between RETR and write(2).  A message counts as retrieved once
 * its last octet has left, not when it is in the buffer of the replies: the
 * client may be gone by then, and a DELE that it sent together with the RETR
 * must not remove what it never got.
 *
 * "Left" means that the stream to the listener has taken it.  What the two
 * sockets beyond hold is out of our sight: POP3 has no acknowledgement but
 * DELE itself.
 */

#ifndef SENT_H
#define SENT_H

#include <stdint.h>

struct transaction;

/* Message n is in out.h up to its end, so many octets as LIST counts. */
void	 sent_add(struct transaction *, uint32_t, uint64_t);

/*
 * Count what has left by now as retrieved.  Once out.h is dead the others
 * never will, and stay in the maildir: maildrop_cut().
 */
void	 sent_settle(struct transaction *);

/* The same for all of them: writes what is in out.h if that decides. */
void	 sent_finish(struct transaction *);

#endif
