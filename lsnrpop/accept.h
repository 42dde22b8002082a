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

struct chan;
struct tlsio_server;

/*
 * Find out how many descriptors this process may have: to be called before
 * confinement.
 */
void	 accept_prepare(void);

/* After event_init(); the channel to the parent. */
void	 accept_init(struct chan *);

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
