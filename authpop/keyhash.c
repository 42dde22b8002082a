/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Keyed hashes (RFC 2104), of the base system's SHA-256: authpop links no
 * libcrypto.
 */

#include <sys/types.h>

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "keyhash.h"
#include "source.h"

/* Begin with the key in a block of its own, as either half of HMAC does. */
static void
keyhash_begin(SHA2_CTX *ctx, const uint8_t key[KEYHASH_KEY], uint8_t pad)
{
	uint8_t	 block[SHA256_BLOCK_LENGTH];
	size_t	 i;

	memset(block, pad, sizeof(block));
	for (i = 0; i < KEYHASH_KEY; i++)
		block[i] ^= key[i];
	SHA256Init(ctx);
	SHA256Update(ctx, block, sizeof(block));
	explicit_bzero(block, sizeof(block));
}

/* An octet says whether the part is there; its NUL says where it ends. */
static void
keyhash_part(SHA2_CTX *ctx, const void *part, size_t len)
{
	uint8_t	 there = part != NULL;

	SHA256Update(ctx, &there, sizeof(there));
	if (there)
		SHA256Update(ctx, part, len);
}

uint64_t
keyhash(const uint8_t key[KEYHASH_KEY], const struct source_key *sk,
    const char *user, const char *pass)
{
	SHA2_CTX	 ctx;
	uint8_t		 digest[SHA256_DIGEST_LENGTH];
	uint64_t	 hash;

	keyhash_begin(&ctx, key, 0x36);
	keyhash_part(&ctx, sk, sizeof(*sk));
	keyhash_part(&ctx, user, user == NULL ? 0 : strlen(user) + 1);
	keyhash_part(&ctx, pass, pass == NULL ? 0 : strlen(pass) + 1);
	SHA256Final(digest, &ctx);
	keyhash_begin(&ctx, key, 0x5c);
	SHA256Update(&ctx, digest, sizeof(digest));
	SHA256Final(digest, &ctx);
	memcpy(&hash, digest, sizeof(hash));
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(digest, sizeof(digest));
	return (hash == 0 ? 1 : hash);
}
