/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildir that is being moved to another host is closed: while it contains
 * the file popmove, no session starts and nothing is delivered.  popctl(8)
 * creates it, and it is moved along, so that at most one of two copies is open.
 */

#ifndef POPMOVE_H
#define POPMOVE_H

#define POPMOVE_FILE	"popmove"

/* Return whether this maildir is closed: 0, 1, or -1 with errno set. */
int	 popmove_closed(int dir);

/*
 * Call before a message goes to new/, whose descriptor is the second: while
 * that is open the maildir cannot be closed.  Return 0, or -1 with errno set,
 * EAGAIN if it is closed; the reason is logged.
 */
int	 popmove_enter(int dir, int new);

#endif
