/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * SipHash24(3) of OpenBSD: a hash of short texts that is unpredictable without
 * the key, 16 random octets.
 */
typedef struct {
	uint64_t	 k0;
	uint64_t	 k1;
} SIPHASH_KEY;

uint64_t	 SipHash24(const SIPHASH_KEY *, const void *, size_t);

#endif
