/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef DELIVER_H
#define DELIVER_H

/*
 * Take a message from one descriptor into the maildir of the other.  Returns
 * when it is safely in new/; 0, or -1 with the reason logged and nothing
 * visible left.
 */
int		 deliver_message(int, int);

#endif
