/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Connections come in.
 */

#ifndef ACCEPT_H
#define ACCEPT_H

#include <stddef.h>

struct tlsio_server;

/* After proc_start(). */
void	 accept_init(void);

/*
 * Use these count listening sockets (which are owned from now on, and
 * non-blocking), this server and at most max connections from now on, instead
 * of those before.  Clients that there are go on as they began.
 */
void	 accept_use(const int *fds, size_t count, struct tlsio_server *server,
	    unsigned int max);

/* Accept nothing more, for good. */
void	 accept_close(void);

#endif
