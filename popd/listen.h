/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listening sockets.  They are opened once, as root, and handed to each
 * listener; popd itself never accepts from them.
 */

#ifndef LISTEN_H
#define LISTEN_H

#include <stddef.h>

/*
 * Open a socket for every address, non-blocking and listening.  Addresses
 * that the children of a popd that was killed still hold are waited for.
 * Returns 0, or -1 with one line in why.
 */
int	 listen_open(char *why, size_t);

/* The i-th socket, from 0, and its name; -1 after the last. */
int	 listen_fd(unsigned int, const char **);

/* How many there are. */
unsigned int listen_count(void);

/*
 * A socket is one open file for all listeners: make good again what one of
 * them may have done to it.
 */
void	 listen_mend(void);

/* Close them: nobody connects any more. */
void	 listen_close(void);

#endif
