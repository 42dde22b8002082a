/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Base64 (RFC 4648 section 4), strict: whole groups, padding only at the end
 * and with zero bits (section 3.5), no other octets.
 */

#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Octets that len octets decode to at most; size of n octets encoded. */
#define BASE64_OCTETS(len)	((len) / 4 * 3)
#define BASE64_TEXT(n)		(((n) + 2) / 3 * 4 + 1)

/*
 * Decode len octets of text into out, of BASE64_OCTETS(len).  Return the number
 * of octets, or -1 if the text is not base64.
 */
int	 base64_decode(const char *text, size_t len, uint8_t *out);

/* Encode n octets into out, of BASE64_TEXT(n). */
void	 base64_encode(const void *data, size_t n, char *out);

#endif
