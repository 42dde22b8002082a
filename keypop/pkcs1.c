/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The padding of TLS 1.2.  It is made here, around a digest only: so the
 * listener chooses no octet but those of the digest.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "digestinfo.h"
#include "pkcs1.h"

/* 0x00 0x01, at least eight octets of 0xff, 0x00 */
#define PADDING_MIN	(2 + 8 + 1)

int
pkcs1_encode(const uint8_t *digest, size_t len, uint8_t *block, size_t size)
{
	const uint8_t	*prefix;
	size_t		 at;

	if ((prefix = digestinfo_prefix(len)) == NULL ||
	    size < PADDING_MIN + DIGESTINFO_LEN + len)
		return (-1);
	at = size - DIGESTINFO_LEN - len;
	memset(block, 0xff, at);
	block[0] = 0;
	block[1] = 1;
	block[at - 1] = 0;
	memcpy(block + at, prefix, DIGESTINFO_LEN);
	memcpy(block + at + DIGESTINFO_LEN, digest, len);
	return (0);
}
