/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef CHANNEL_H
#define CHANNEL_H

struct msg_deliver;

/*
 * Check what the parent made of this process, and wait for its first message;
 * lines for the log go to it from now on.  -1 if it is of another version and
 * has been told so; what else is wrong ends the process.
 */
int	 channel_start(struct msg_deliver *);

#endif
