/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channel to the parent.
 */

#ifndef CHANNEL_H
#define CHANNEL_H

struct msg_deliver;

/*
 * Check this process's ids and wait for the parent's first message; from then
 * on log to the parent.  Return 0, or -1 if the parent is of another version,
 * after telling it so.  All other errors are fatal.
 */
int	 channel_start(struct msg_deliver *);

#endif
