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

/*
 * Find out how many descriptors this process may have: to be called before
 * confinement, and after event_init().
 */
void	 accept_init(void);

/*
 * Use these listening sockets (which are owned from now on, and non-blocking),
 * this server and at most so many sessions from now on, instead of those
 * before.  Sessions that there are go on as they began.
 */
void	 accept_use(const int *, size_t, struct tlsio_server *, unsigned int);

/* A session has ended. */
void	 accept_resume(void);

#endif
