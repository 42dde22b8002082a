/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The prefix of a digest in a PKCS#1 v1.5 signature: the DER of its algorithm
 * (RFC 8017 section 9.2, notes).  The listener strips it, keypop adds it.
 */

#ifndef DIGESTINFO_H
#define DIGESTINFO_H

#include <stddef.h>
#include <stdint.h>

#define DIGESTINFO_LEN		19	/* the same for all three */

/*
 * Return the DIGESTINFO_LEN octets before a digest of len octets: SHA-256,
 * SHA-384 or SHA-512.  NULL for any other length.
 */
const uint8_t	*digestinfo_prefix(size_t);

#endif
