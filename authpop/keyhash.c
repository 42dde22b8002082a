/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Keyed hashes of names and passwords.  See keyhash.h.
 */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include "hmac.h"
#include "keyhash.h"
#include "source.h"

/* An octet tells whether the part is present; its NUL ends it. */
static void
keyhash_part(struct hmac *hm, const void *part, size_t len)
{
	uint8_t	 there = part != NULL;

	hmac_update(hm, &there, sizeof(there));
	if (there)
		hmac_update(hm, part, len);
}

void
keyhash_whole(const uint8_t key[KEYHASH_KEY], const struct source_key *sk,
    const char *user, const char *pass, uint8_t digest[KEYHASH_LEN])
{
	struct hmac	 hm;

	hmac_init(&hm, key, KEYHASH_KEY);
	keyhash_part(&hm, sk, sizeof(*sk));
	keyhash_part(&hm, user, user == NULL ? 0 : strlen(user) + 1);
	keyhash_part(&hm, pass, pass == NULL ? 0 : strlen(pass) + 1);
	hmac_final(&hm, digest);
}

uint64_t
keyhash(const uint8_t key[KEYHASH_KEY], const struct source_key *sk,
    const char *user, const char *pass)
{
	uint8_t		 digest[KEYHASH_LEN];
	uint64_t	 hash;

	keyhash_whole(key, sk, user, pass, digest);
	memcpy(&hash, digest, sizeof(hash));
	explicit_bzero(digest, sizeof(digest));
	return (hash == 0 ? 1 : hash);
}
