/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef NAME_H
#define NAME_H

#include <stddef.h>

/*
 * The unique part of a message's base name: seconds, microseconds, process,
 * 64 random bits and the host.  0, or -1 and errno.
 */
int		 name_make(char *, size_t);

#endif
