/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a client said, as one hash.  See bond.h.
 */

#include <sys/types.h>

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "bond.h"

/* The NUL is included, so that two texts never are one. */
static void
bond_text(SHA2_CTX *ctx, const char *text)
{
	SHA256Update(ctx, (const uint8_t *)text, strlen(text) + 1);
}

/* The same in lower case, as the queue passes it on. */
static void
bond_user(SHA2_CTX *ctx, const char *user)
{
	uint8_t	 c;

	do {
		c = (uint8_t)*user;
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		SHA256Update(ctx, &c, 1);
	} while (*user++ != '\0');
}

void
bond_make(const struct session_id *id, const uint8_t salt[BOND_SALT],
    enum auth_purpose purpose, enum auth_method method, const char *user,
    const char *pass, uint8_t bond[BOND_LEN])
{
	const uint8_t	 kind[2] = { (uint8_t)purpose, (uint8_t)method };
	SHA2_CTX	 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, salt, BOND_SALT);
	SHA256Update(&ctx, (const uint8_t *)id, sizeof(*id));
	SHA256Update(&ctx, kind, sizeof(kind));
	bond_user(&ctx, user);
	bond_text(&ctx, pass);
	SHA256Final(bond, &ctx);
	explicit_bzero(&ctx, sizeof(ctx));
}
