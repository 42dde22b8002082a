/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Shared secrets, and the MD5 digests that prove knowledge of them.  See
 * secret.h.
 */

#include <sys/types.h>

#include <md5.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

#define PLAIN_PREFIX	"{PLAIN}"
#define CRAM_PREFIX	"{CRAM-MD5}"

#define STATE_LEN	16		/* of MD5, as digits */

static const char	 hex_digits[] = "0123456789abcdef";

enum secret_kind
secret_kind(const char *entry)
{
	if (strncasecmp(entry, PLAIN_PREFIX, strlen(PLAIN_PREFIX)) == 0)
		return (SECRET_PLAIN);
	if (strncasecmp(entry, CRAM_PREFIX, strlen(CRAM_PREFIX)) == 0)
		return (SECRET_CRAM);
	return (SECRET_NONE);
}

/* Return the text after the prefix of either kind. */
static const char *
secret_body(const char *entry)
{
	return (strchr(entry, '}') + 1);
}

int
secret_judge(const char *entry)
{
	const char	*body;
	size_t		 len;

	if (secret_kind(entry) == SECRET_NONE)
		return (0);
	body = secret_body(entry);
	len = strlen(body);
	if (secret_kind(entry) == SECRET_PLAIN)
		return (len == 0 ? -1 : len < PASS_MAX);
	if (strspn(body, hex_digits) != len || len > 4 * STATE_LEN)
		return (0);
	return (len < 4 * STATE_LEN ? -1 : 1);
}

/* Write octets as lower-case digits, without a NUL. */
static void
secret_hex(const uint8_t *octets, size_t len, char *text)
{
	size_t	 i;

	for (i = 0; i < len; i++) {
		*text++ = hex_digits[octets[i] >> 4];
		*text++ = hex_digits[octets[i] & 0x0f];
	}
}

/* Begin half of an HMAC: MD5 of the key padded to a block. */
static void
cram_begin(MD5_CTX *ctx, const uint8_t *key, size_t len, uint8_t pad)
{
	uint8_t	 block[MD5_BLOCK_LENGTH];
	size_t	 i;

	memset(block, pad, sizeof(block));
	for (i = 0; i < len; i++)
		block[i] ^= key[i];
	MD5Init(ctx);
	MD5Update(ctx, block, sizeof(block));
	explicit_bzero(block, sizeof(block));
}

/* Begin both halves from a password. */
static void
cram_key(const char *pass, MD5_CTX *outer, MD5_CTX *inner)
{
	MD5_CTX		 ctx;
	uint8_t		 digest[MD5_DIGEST_LENGTH];
	const void	*key = pass;
	size_t		 len = strlen(pass);

	if (len > MD5_BLOCK_LENGTH) {
		MD5Init(&ctx);
		MD5Update(&ctx, (const uint8_t *)pass, len);
		MD5Final(digest, &ctx);
		key = digest;
		len = sizeof(digest);
	}
	cram_begin(outer, key, len, 0x5c);
	cram_begin(inner, key, len, 0x36);
	explicit_bzero(&ctx, sizeof(ctx));
	explicit_bzero(digest, sizeof(digest));
}

/* Write the state of MD5 between two blocks, low octets of words first. */
static void
cram_write(const MD5_CTX *ctx, char text[2 * STATE_LEN])
{
	uint8_t	 octets[STATE_LEN];
	size_t	 i;

	for (i = 0; i < STATE_LEN; i++)
		octets[i] = (uint8_t)(ctx->state[i / 4] >> 8 * (i % 4));
	secret_hex(octets, sizeof(octets), text);
	explicit_bzero(octets, sizeof(octets));
}

static void
cram_read(MD5_CTX *ctx, const char *text)
{
	size_t		 i, word;
	uint32_t	 digit;

	MD5Init(ctx);
	memset(ctx->state, 0, sizeof(ctx->state));
	for (i = 0; i < 2 * STATE_LEN; i++) {
		digit = (uint32_t)(strchr(hex_digits, text[i]) - hex_digits);
		/* The first of two digits is the high half of its octet. */
		word = i / 8;
		ctx->state[word] |= digit << (8 * (i % 8 / 2) +
		    (i % 2 == 0 ? 4 : 0));
	}
	ctx->count = 8 * MD5_BLOCK_LENGTH;
}

/* Begin both halves from a valid entry. */
static void
cram_load(const char *entry, MD5_CTX *outer, MD5_CTX *inner)
{
	const char	*body = secret_body(entry);

	if (secret_kind(entry) == SECRET_PLAIN) {
		cram_key(body, outer, inner);
		return;
	}
	cram_read(outer, body);
	cram_read(inner, body + 2 * STATE_LEN);
}

void
secret_text(const char *pass, char *buf, size_t size)
{
	MD5_CTX	 outer, inner;
	char	 text[4 * STATE_LEN];

	cram_key(pass, &outer, &inner);
	cram_write(&outer, text);
	cram_write(&inner, text + 2 * STATE_LEN);
	snprintf(buf, size, CRAM_PREFIX "%.*s", (int)sizeof(text), text);
	explicit_bzero(&outer, sizeof(outer));
	explicit_bzero(&inner, sizeof(inner));
	explicit_bzero(text, sizeof(text));
}

void
secret_common(const char *entry, char *buf, size_t size)
{
	if (secret_kind(entry) == SECRET_PLAIN)
		secret_text(secret_body(entry), buf, size);
	else
		snprintf(buf, size, CRAM_PREFIX "%s", secret_body(entry));
}

int
secret_match(const char *entry, const char *pass)
{
	char	 have[PASS_MAX] = "", want[PASS_MAX] = "";
	int	 same;

	if (secret_kind(entry) == SECRET_PLAIN) {
		strlcpy(have, secret_body(entry), sizeof(have));
		strlcpy(want, pass, sizeof(want));
	} else {
		secret_common(entry, have, sizeof(have));
		secret_text(pass, want, sizeof(want));
	}
	/* Compare all, so that the time does not tell where they differ. */
	same = timingsafe_bcmp(have, want, sizeof(have)) == 0;
	explicit_bzero(have, sizeof(have));
	explicit_bzero(want, sizeof(want));
	return (same);
}

/* Return whether a client's half begins with this digest. */
static int
digest_is(uint8_t digest[MD5_DIGEST_LENGTH], const char *half)
{
	char	 text[SECRET_DIGEST];
	int	 same;

	secret_hex(digest, MD5_DIGEST_LENGTH, text);
	same = timingsafe_bcmp(text, half, sizeof(text)) == 0;
	explicit_bzero(text, sizeof(text));
	explicit_bzero(digest, MD5_DIGEST_LENGTH);
	return (same);
}

int
secret_apop(const char *entry, const char *half)
{
	MD5_CTX		 ctx;
	uint8_t		 digest[MD5_DIGEST_LENGTH];
	const char	*body = secret_body(entry), *text;

	text = half + SECRET_DIGEST;
	MD5Init(&ctx);
	MD5Update(&ctx, (const uint8_t *)text, strlen(text));
	MD5Update(&ctx, (const uint8_t *)body, strlen(body));
	MD5Final(digest, &ctx);
	explicit_bzero(&ctx, sizeof(ctx));
	return (digest_is(digest, half));
}

int
secret_cram(const char *entry, const char *half)
{
	MD5_CTX		 outer, inner;
	uint8_t		 digest[MD5_DIGEST_LENGTH];
	const char	*text = half + SECRET_DIGEST;

	cram_load(entry, &outer, &inner);
	MD5Update(&inner, (const uint8_t *)text, strlen(text));
	MD5Final(digest, &inner);
	MD5Update(&outer, digest, sizeof(digest));
	MD5Final(digest, &outer);
	explicit_bzero(&outer, sizeof(outer));
	explicit_bzero(&inner, sizeof(inner));
	return (digest_is(digest, half));
}
