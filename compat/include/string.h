/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* <string.h> with what OpenBSD's has besides. */

#include_next <string.h>

#ifndef COMPAT_STRING_H
#define COMPAT_STRING_H

/* 0 if len octets are equal, in a time that does not depend on them. */
int	timingsafe_bcmp(const void *, const void *, size_t);

#endif
