/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef SERVE_H
#define SERVE_H

/*
 * Deliver what comes on the stream into the maildir of the other descriptor
 * (-1: it cannot be used), until the stream ends or makes no sense.
 */
void	 serve_run(int, int);

#endif
