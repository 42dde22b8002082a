/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What stands before a digest in a signature of PKCS#1 v1.5: the DER of its
 * algorithm (RFC 8017 section 9.2, notes).  The listener takes it off, keypop
 * puts it on.
 */

#ifndef DIGESTINFO_H
#define DIGESTINFO_H

#include <stddef.h>
#include <stdint.h>

#define DIGESTINFO_LEN		19	/* the same for all three */

/*
 * The DIGESTINFO_LEN octets for a digest of that length: SHA-256, SHA-384 or
 * SHA-512.  NULL for any other length.
 */
const uint8_t	*digestinfo_prefix(size_t);

#endif
