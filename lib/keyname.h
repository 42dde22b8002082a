/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Name a key to keypop, which has only the key, from the certificate, which is
 * all that a listener has: by the SHA-256 of its public part.
 */

#ifndef KEYNAME_H
#define KEYNAME_H

#include <stdint.h>

struct rsa_st;				/* RSA and EC_KEY of libcrypto */
struct ec_key_st;

/* Fill in a name of KEY_NAME_LEN octets.  Return 0, or -1 without a key. */
int	 keyname_rsa(const struct rsa_st *, uint8_t *);
int	 keyname_ec(const struct ec_key_st *, uint8_t *);

#endif
