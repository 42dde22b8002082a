/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Base64 (RFC 4648 section 4), strictly: whole groups, padding where it belongs
 * and with zero bits (section 3.5), nothing else.
 */

#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Octets that len of base64 may come to, and the text of n octets, with NUL. */
#define BASE64_OCTETS(len)	((len) / 4 * 3)
#define BASE64_TEXT(n)		(((n) + 2) / 3 * 4 + 1)

/*
 * The octets of len octets of text into out, of BASE64_OCTETS(len); their
 * number, or -1 if it is not base64.
 */
int	 base64_decode(const char *text, size_t len, uint8_t *out);

/* The text of n octets into out, of BASE64_TEXT(n). */
void	 base64_encode(const void *data, size_t n, char *out);

#endif
