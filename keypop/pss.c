/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * This keeps the RSA key from being an oracle.  With TLS 1.3 the library hands
 * over blocks that are already padded, so keypop applies the key to the
 * listener's input.  An attacker in a listener could use that to decrypt old
 * traffic or forge other kinds of signatures; but such blocks are not PSS
 * encodings: some 200 octets must be right after unmasking.
 *
 * EM = maskedDB || H || 0xbc, DB = PS (zeros) || 0x01 || salt.
 */

#include <sys/types.h>

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "keymsg.h"
#include "pss.h"

static const size_t pss_hashes[] = {
	SHA256_DIGEST_LENGTH, SHA384_DIGEST_LENGTH, SHA512_DIGEST_LENGTH
};

/* Hash hlen octets and a counter of four with the hash of that length. */
static void
pss_hash(size_t hlen, const uint8_t *h, const uint8_t *counter, uint8_t *out)
{
	SHA2_CTX	 ctx;

	switch (hlen) {
	case SHA256_DIGEST_LENGTH:
		SHA256Init(&ctx);
		SHA256Update(&ctx, h, hlen);
		SHA256Update(&ctx, counter, 4);
		SHA256Final(out, &ctx);
		break;
	case SHA384_DIGEST_LENGTH:
		SHA384Init(&ctx);
		SHA384Update(&ctx, h, hlen);
		SHA384Update(&ctx, counter, 4);
		SHA384Final(out, &ctx);
		break;
	default:
		SHA512Init(&ctx);
		SHA512Update(&ctx, h, hlen);
		SHA512Update(&ctx, counter, 4);
		SHA512Final(out, &ctx);
		break;
	}
}

/* XOR db with the MGF1 mask of h (RFC 8017 appendix B.2.1). */
static void
pss_unmask(uint8_t *db, size_t len, const uint8_t *h, size_t hlen)
{
	uint8_t	 mask[SHA512_DIGEST_LENGTH], counter[4] = { 0, 0, 0, 0 };
	size_t	 i, pos;

	for (pos = 0; pos < len; pos += hlen) {
		pss_hash(hlen, h, counter, mask);
		for (i = 0; i < hlen && pos + i < len; i++)
			db[pos + i] ^= mask[i];
		counter[3]++;		/* 512 / 32: no carry */
	}
}

static int
pss_check_hash(const uint8_t *em, size_t emlen, size_t topbits, size_t hlen)
{
	uint8_t	 db[KEY_BLOCK_MAX];
	size_t	 dblen, pslen, i;

	if (emlen < 2 * hlen + 2)
		return (0);
	dblen = emlen - hlen - 1;
	pslen = dblen - hlen - 1;
	memcpy(db, em, dblen);
	pss_unmask(db, dblen, em + dblen, hlen);
	db[0] &= (uint8_t)(0xff >> topbits);
	for (i = 0; i < pslen; i++)
		if (db[i] != 0)
			return (0);
	return (db[pslen] == 0x01);
}

int
pss_check(const uint8_t *block, size_t len, size_t bits)
{
	size_t	 embits, topbits, i;

	if (bits < 2 || len > KEY_BLOCK_MAX || len != (bits + 7) / 8)
		return (0);

	/* The encoding has one bit less than the modulus. */
	embits = bits - 1;
	if (embits % 8 == 0) {
		if (block[0] != 0)
			return (0);
		block++;
		len--;
	}
	topbits = 8 * len - embits;
	if (len < 1 || block[len - 1] != 0xbc)
		return (0);
	if (topbits > 0 && block[0] >> (8 - topbits) != 0)
		return (0);
	for (i = 0; i < sizeof(pss_hashes) / sizeof(pss_hashes[0]); i++)
		if (pss_check_hash(block, len, topbits, pss_hashes[i]))
			return (1);
	return (0);
}
