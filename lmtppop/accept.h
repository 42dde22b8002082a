/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef ACCEPT_H
#define ACCEPT_H

#include <stddef.h>

/* Before the loop. */
void	 accept_init(void);

/* Accept from these sockets, which are owned, and from no others any more. */
void	 accept_use(const int *, size_t);

/* Accept nobody any more, for good. */
void	 accept_close(void);

#endif
