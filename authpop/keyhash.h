/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Names that authpop remembers, as keyed hashes: HMAC-SHA256 with a key that
 * is made at the start and known to no other process, cut to 64 bits.  Whoever
 * does not know the key can only try, and finds one of 65,536 remembered
 * names in 2^48 logins.
 *
 * Whoever reads the memory of authpop has the key, too, and can try names and
 * passwords at his leisure against what failed in the last hour (nothing is
 * kept of a password that was right).  He reads the passwords of all that log
 * in from then on anyway, right ones included; what the hashes add are wrong
 * ones from before, and who logged in from where.
 */

#ifndef KEYHASH_H
#define KEYHASH_H

#include <stdint.h>

#include "hmac.h"

struct source_key;

#define KEYHASH_KEY	32
#define KEYHASH_LEN	HMAC_LEN

/*
 * The hash of what is not NULL of a source, a user and a password.  Never 0.
 */
uint64_t	 keyhash(const uint8_t key[KEYHASH_KEY],
		    const struct source_key *sk, const char *user,
		    const char *pass);

/* The same in full length. */
void		 keyhash_whole(const uint8_t key[KEYHASH_KEY],
		    const struct source_key *sk, const char *user,
		    const char *pass, uint8_t digest[KEYHASH_LEN]);

#endif
