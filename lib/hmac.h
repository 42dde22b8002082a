/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * HMAC-SHA256 (RFC 2104) on the base system's SHA-256, without libcrypto.
 */

#ifndef HMAC_H
#define HMAC_H

#include <sys/types.h>
#include <sha2.h>
#include <stdint.h>

#define HMAC_LEN	SHA256_DIGEST_LENGTH

struct hmac {
	SHA2_CTX	 hm_inner;
	SHA2_CTX	 hm_outer;
};

/* Begin with a key of any length. */
void	 hmac_init(struct hmac *, const void *key, size_t len);
void	 hmac_update(struct hmac *, const void *, size_t);

/* Return the code and wipe the state. */
void	 hmac_final(struct hmac *, uint8_t[HMAC_LEN]);

/* The three calls in one. */
void	 hmac(const void *key, size_t keylen, const void *data, size_t len,
	    uint8_t code[HMAC_LEN]);

#endif
