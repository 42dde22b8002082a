/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef RECEIVE_H
#define RECEIVE_H

/*
 * Deliver what comes on the stream into the maildir of the other descriptor
 * (-1: it cannot be used), until the stream ends or makes no sense.
 */
void	 receive_run(int, int);

#endif
