/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Name keys.  The numbers themselves are hashed, not an encoded key: this takes
 * a few microseconds per handshake, an encoder takes hundreds.
 */

/* The libraries' hooks pass RSA and EC_KEY, deprecated or not. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/types.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <sha2.h>
#include <stddef.h>
#include <stdint.h>

#include "keymsg.h"
#include "keyname.h"

#define EXPONENT_MAX	8
#define POINT_MAX	(1 + 2 * 66)	/* P-521, uncompressed */

int
keyname_rsa(const struct rsa_st *rsa, uint8_t *name)
{
	uint8_t		 buf[KEY_BLOCK_MAX + EXPONENT_MAX];
	const BIGNUM	*n, *e;
	SHA2_CTX	 ctx;
	int		 nlen, elen;

	RSA_get0_key(rsa, &n, &e, NULL);
	if (n == NULL || e == NULL || BN_num_bytes(n) > KEY_BLOCK_MAX ||
	    BN_num_bytes(e) > EXPONENT_MAX)
		return (-1);
	nlen = BN_bn2bin(n, buf);
	elen = BN_bn2bin(e, buf + nlen);

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)"rsa", 3);
	SHA256Update(&ctx, buf, (size_t)nlen + (size_t)elen);
	SHA256Final(name, &ctx);
	return (0);
}

int
keyname_ec(const struct ec_key_st *ec, uint8_t *name)
{
	uint8_t		 buf[POINT_MAX];
	const EC_GROUP	*group;
	const EC_POINT	*point;
	SHA2_CTX	 ctx;
	size_t		 len;

	group = EC_KEY_get0_group(ec);
	point = EC_KEY_get0_public_key(ec);
	if (group == NULL || point == NULL)
		return (-1);
	len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	    buf, sizeof(buf), NULL);
	if (len == 0)
		return (-1);

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)"ec", 2);
	SHA256Update(&ctx, buf, len);
	SHA256Final(name, &ctx);
	return (0);
}
