/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* <string.h> with the additions of OpenBSD. */

#include_next <string.h>

#ifndef COMPAT_STRING_H
#define COMPAT_STRING_H

/* Return 0 if len octets are equal, in a time independent of them. */
int	timingsafe_bcmp(const void *, const void *, size_t);

#endif
