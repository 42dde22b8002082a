/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Keyed hashes.  See hmac.h.
 */

#include <sys/types.h>

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "hmac.h"

/* Hash the key, padded to a block, as each half begins. */
static void
hmac_begin(SHA2_CTX *ctx, const uint8_t *key, size_t len, uint8_t pad)
{
	uint8_t	 block[SHA256_BLOCK_LENGTH];
	size_t	 i;

	memset(block, pad, sizeof(block));
	for (i = 0; i < len; i++)
		block[i] ^= key[i];
	SHA256Init(ctx);
	SHA256Update(ctx, block, sizeof(block));
	explicit_bzero(block, sizeof(block));
}

void
hmac_init(struct hmac *hm, const void *key, size_t len)
{
	SHA2_CTX	 ctx;
	uint8_t		 digest[SHA256_DIGEST_LENGTH];

	if (len > SHA256_BLOCK_LENGTH) {
		SHA256Init(&ctx);
		SHA256Update(&ctx, key, len);
		SHA256Final(digest, &ctx);
		key = digest;
		len = sizeof(digest);
	}
	hmac_begin(&hm->hm_inner, key, len, 0x36);
	hmac_begin(&hm->hm_outer, key, len, 0x5c);
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(digest, sizeof(digest));
}

void
hmac_update(struct hmac *hm, const void *data, size_t len)
{
	SHA256Update(&hm->hm_inner, data, len);
}

void
hmac_final(struct hmac *hm, uint8_t code[HMAC_LEN])
{
	SHA256Final(code, &hm->hm_inner);
	SHA256Update(&hm->hm_outer, code, HMAC_LEN);
	SHA256Final(code, &hm->hm_outer);
	explicit_bzero(hm, sizeof(*hm));
}

void
hmac(const void *key, size_t keylen, const void *data, size_t len,
    uint8_t code[HMAC_LEN])
{
	struct hmac	 hm;

	hmac_init(&hm, key, keylen);
	hmac_update(&hm, data, len);
	hmac_final(&hm, code);
}
