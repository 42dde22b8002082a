/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * PKCS #1 version 1.5 padding of signatures, for TLS 1.2.
 */

#ifndef PKCS1_H
#define PKCS1_H

#include <stddef.h>
#include <stdint.h>

/*
 * Pad a digest of SHA-256, SHA-384 or SHA-512 (by its length) to a block of
 * size octets: EMSA-PKCS1-v1_5 (RFC 8017 section 9.2).  Return 0, or -1 if the
 * length is of no such hash or the block is too small.
 */
int	 pkcs1_encode(const uint8_t *digest, size_t len, uint8_t *block,
	    size_t size);

#endif
