/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Base64.  See base64.h.
 */

#include <stddef.h>
#include <stdint.h>

#include "base64.h"

static const char	 base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (c - 'A');
	if (c >= 'a' && c <= 'z')
		return (c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (c - '0' + 52);
	if (c == '+')
		return (62);
	return (c == '/' ? 63 : -1);
}

/* Decode four digits into up to three octets.  Return their number, or -1. */
static int
base64_group(const char *text, uint8_t *out)
{
	uint32_t	 bits = 0;
	int		 i, v, n;

	for (n = 0; n < 4 && text[n] != '='; n++) {
		if ((v = base64_value((unsigned char)text[n])) == -1)
			return (-1);
		bits |= (uint32_t)v << (18 - 6 * n);
	}
	for (i = n; i < 4; i++)
		if (text[i] != '=')
			return (-1);
	/* Unused bits must be zero. */
	if (n < 2 || (n == 2 && (bits & 0xffff) != 0) ||
	    (n == 3 && (bits & 0xff) != 0))
		return (-1);
	for (i = 0; i < n - 1; i++)
		out[i] = (bits >> (16 - 8 * i)) & 0xff;
	return (n - 1);
}

int
base64_decode(const char *text, size_t len, uint8_t *out)
{
	size_t	 i;
	int	 n, total = 0;

	if (len % 4 != 0)
		return (-1);
	for (i = 0; i < len; i += 4) {
		if ((n = base64_group(text + i, out + total)) == -1)
			return (-1);
		total += n;
		/* Padding ends the text. */
		if (n < 3 && i + 4 != len)
			return (-1);
	}
	return (total);
}

void
base64_encode(const void *data, size_t n, char *out)
{
	const uint8_t	*p = data;
	uint32_t	 bits;
	size_t		 i, j;

	for (i = 0; i < n; i += 3) {
		bits = (uint32_t)p[i] << 16;
		if (i + 1 < n)
			bits |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < n)
			bits |= p[i + 2];
		for (j = 0; j < 4; j++)
			*out++ = i + j > n ? '=' :
			    base64_alphabet[bits >> (18 - 6 * j) & 0x3f];
	}
	*out = '\0';
}
