/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef LISTEN_SHUT_H
#define LISTEN_SHUT_H

/*
 * Return whether shutdown(2) of a listening socket was called for reading, and
 * listen(2) does not undo it.
 */
int	listen_shut(int);

#endif
