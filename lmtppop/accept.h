/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef ACCEPT_H
#define ACCEPT_H

#include <stddef.h>

/* Initialize, before the event loop. */
void	 accept_init(void);

/* Accept from these sockets, now owned here, instead of earlier ones. */
void	 accept_use(const int *, size_t);

/* Accept no more connections, ever. */
void	 accept_close(void);

#endif
