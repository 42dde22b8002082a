/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef NAME_H
#define NAME_H

#include <stddef.h>

/*
 * Write the unique part of a base name: seconds, microseconds, process, 64
 * random bits and the host.  Return 0, or -1 with errno set.
 */
int		 name_make(char *, size_t);

#endif
