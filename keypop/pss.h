/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The PSS encoding of signatures, for TLS 1.3.
 */

#ifndef PSS_H
#define PSS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Return whether a block of len octets, the size of a modulus of bits bits, is
 * an EMSA-PSS encoding (RFC 8017 section 9.1.1) with SHA-256, SHA-384 or
 * SHA-512, MGF1 with the same hash, and a salt of the same length.
 */
int	 pss_check(const uint8_t *, size_t, size_t);

#endif
