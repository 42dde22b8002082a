/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildir that is being moved to another host is closed: while the file
 * popmove is in it there is no session and nothing is delivered.  It is made
 * by popctl(8), and is carried along, so that of two copies neither or one is
 * open.
 */

#ifndef POPMOVE_H
#define POPMOVE_H

#define POPMOVE_FILE	"popmove"

/* Whether this maildir is closed: 0, 1, or -1 and errno. */
int	 popmove_closed(int dir);

/*
 * Before a message comes into new/, of which the second is a descriptor:
 * nobody closes the maildir until that is closed.  0, or -1 and errno, EAGAIN
 * if it is closed already; the reason is logged.
 */
int	 popmove_enter(int dir, int new);

#endif
