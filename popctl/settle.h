/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildir that was copied: whoever did that need not have waited for the
 * disk, and the other copy is about to be removed.
 */

#ifndef SETTLE_H
#define SETTLE_H

/* Its mail, popuidl and directories are on disk.  0, or -1: said why. */
int	 settle_maildir(int dir);

#endif
