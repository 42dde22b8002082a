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

/* Return the octets of a character beyond ASCII; 0 if it is invalid. */
size_t	 utf8_len(const unsigned char *);

/* Return whether a text is valid UTF-8 (which includes ASCII). */
int	 utf8_valid(const char *);

#endif
