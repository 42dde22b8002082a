/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * UTF-8 (RFC 3629).
 */

#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* The octets of one character beyond ASCII; 0: it is none. */
size_t	 utf8_len(const unsigned char *);

/* Whether a text is of such and of ASCII. */
int	 utf8_valid(const char *);

#endif
