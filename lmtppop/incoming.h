/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef INCOMING_H
#define INCOMING_H

#include <stddef.h>

/* Before the loop. */
void	 incoming_init(void);

/* Accept from these sockets, which are owned, and from no others any more. */
void	 incoming_use(const int *, size_t);

/* Accept nobody any more, for good. */
void	 incoming_close(void);

#endif
