/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages between RETR and write(2).  A message counts as retrieved when its
 * last octet has left, not when it is buffered: the client may be gone by then,
 * and a DELE sent together with the RETR must not remove a message it never
 * got.
 *
 * "Left" means taken by the stream to the listener.  The two sockets beyond it
 * are out of sight: POP3 has no acknowledgement but DELE itself.
 */

#ifndef SENT_H
#define SENT_H

#include <stdint.h>

struct transaction;

/* Note that message n is buffered up to its end; octets as LIST counts. */
void	 sent_add(struct transaction *, uint32_t, uint64_t);

/*
 * Count messages that have left as retrieved.  When out.h is dead the others
 * never will, and stay in the maildir: maildrop_cut().
 */
void	 sent_settle(struct transaction *);

/* Settle all of them: flush out.h if that decides. */
void	 sent_finish(struct transaction *);

#endif
