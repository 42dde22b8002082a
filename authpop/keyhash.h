/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Names remembered by authpop, as keyed hashes: HMAC-SHA256 truncated to 64
 * bits, with a random key that no other process knows.  Without the key an
 * attacker can only try, and finds one of 65,536 remembered names in 2^48
 * logins.
 *
 * An attacker who reads authpop's memory has the key, and can try names and
 * passwords offline against those that failed in the last hour (nothing is
 * kept of a right password).  They get the passwords of all later logins
 * anyway; the hashes add earlier wrong ones, and who logged in from where.
 */

#ifndef KEYHASH_H
#define KEYHASH_H

#include <stdint.h>

#include "hmac.h"

struct source_key;

#define KEYHASH_KEY	32
#define KEYHASH_LEN	HMAC_LEN

/* Hash those of source, user and password that are not NULL.  Never 0. */
uint64_t	 keyhash(const uint8_t key[KEYHASH_KEY],
		    const struct source_key *sk, const char *user,
		    const char *pass);

/* The same, not truncated. */
void		 keyhash_whole(const uint8_t key[KEYHASH_KEY],
		    const struct source_key *sk, const char *user,
		    const char *pass, uint8_t digest[KEYHASH_LEN]);

#endif
