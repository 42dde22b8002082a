/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Syncing a copied maildir: the program that copied it may not have done so,
 * and the original is about to be removed.
 */

#ifndef SETTLE_H
#define SETTLE_H

/* Sync mail, popuidl and directories to disk.  0, or -1, logged. */
int	 settle_maildir(int dir);

#endif
