/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listening sockets of lmtppop.
 */

#ifndef INCOMING_H
#define INCOMING_H

#include <stddef.h>

/* Initialize, before the event loop. */
void	 incoming_init(void);

/* Accept from these sockets, now owned here, instead of earlier ones. */
void	 incoming_use(const int *, size_t);

/* Accept no more connections, ever. */
void	 incoming_close(void);

#endif
