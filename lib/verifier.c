/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The arithmetic of SCRAM-SHA-256.  See verifier.h.
 */

#include <sys/types.h>

#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "hmac.h"
#include "limits.h"
#include "verifier.h"

int
verifier_is(const char *text)
{
	return (strncmp(text, VERIFIER_PREFIX,
	    sizeof(VERIFIER_PREFIX) - 1) == 0);
}

/* Decode a part of at most most octets.  Return their number, or -1. */
static int
verifier_part(const char *text, size_t len, uint8_t *out, size_t most)
{
	uint8_t	 octets[BASE64_OCTETS(BASE64_TEXT(SCRAM_SALT_MAX) - 1)];
	int	 n;

	if (len > BASE64_TEXT(SCRAM_SALT_MAX) - 1 ||
	    (n = base64_decode(text, len, octets)) == -1 || (size_t)n > most)
		return (-1);
	memcpy(out, octets, n);
	explicit_bzero(octets, sizeof(octets));
	return (n);
}

int
verifier_parse(const char *text, struct verifier *vf)
{
	unsigned long long	 n = 0;
	size_t			 len;
	int			 got;

	memset(vf, 0, sizeof(*vf));
	if (!verifier_is(text))
		return (-1);
	text += sizeof(VERIFIER_PREFIX) - 1;
	if (*text < '1' || *text > '9')
		return (-1);
	for (; *text >= '0' && *text <= '9' && n <= UINT32_MAX; text++)
		n = 10 * n + (unsigned int)(*text - '0');
	if (*text++ != ':' || n > UINT32_MAX)
		return (-1);
	vf->vf_iterations = (uint32_t)n;

	len = strcspn(text, "$");
	if ((got = verifier_part(text, len, vf->vf_salt,
	    sizeof(vf->vf_salt))) < 1 || text[len] != '$')
		return (-1);
	vf->vf_saltlen = got;
	text += len + 1;
	len = strcspn(text, ":");
	if (text[len] != ':' || verifier_part(text, len, vf->vf_stored,
	    SCRAM_KEY) != SCRAM_KEY)
		return (-1);
	text += len + 1;
	return (verifier_part(text, strlen(text), vf->vf_server,
	    SCRAM_KEY) == SCRAM_KEY ? 0 : -1);
}

/* Hi() of RFC 5802 section 2.2: PBKDF2 with one block of output. */
static void
verifier_salted(const struct verifier *vf, const char *pass,
    uint8_t salted[SCRAM_KEY])
{
	static const uint8_t	 one[] = { 0, 0, 0, 1 };
	struct hmac		 keyed, hm;
	uint8_t			 u[SCRAM_KEY];
	uint32_t		 i;
	int			 j;

	/* The key is always the same: hash its blocks only once. */
	hmac_init(&keyed, pass, strlen(pass));
	hm = keyed;
	hmac_update(&hm, vf->vf_salt, vf->vf_saltlen);
	hmac_update(&hm, one, sizeof(one));
	hmac_final(&hm, u);
	memcpy(salted, u, sizeof(u));
	for (i = 1; i < vf->vf_iterations; i++) {
		hm = keyed;
		hmac_update(&hm, u, sizeof(u));
		hmac_final(&hm, u);
		for (j = 0; j < SCRAM_KEY; j++)
			salted[j] ^= u[j];
	}
	explicit_bzero(&keyed, sizeof(keyed));
	explicit_bzero(u, sizeof(u));
}

static void
verifier_hash(const uint8_t key[SCRAM_KEY], uint8_t digest[SCRAM_KEY])
{
	SHA2_CTX	 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, key, SCRAM_KEY);
	SHA256Final(digest, &ctx);
	explicit_bzero(&ctx, sizeof(ctx));
}

void
verifier_derive(struct verifier *vf, const char *pass)
{
	uint8_t	 salted[SCRAM_KEY], client[SCRAM_KEY];

	verifier_salted(vf, pass, salted);
	hmac(salted, sizeof(salted), "Client Key", 10, client);
	verifier_hash(client, vf->vf_stored);
	hmac(salted, sizeof(salted), "Server Key", 10, vf->vf_server);
	explicit_bzero(salted, sizeof(salted));
	explicit_bzero(client, sizeof(client));
}

void
verifier_text(const struct verifier *vf, char *buf, size_t size)
{
	char	 salt[BASE64_TEXT(SCRAM_SALT_MAX)];
	char	 stored[BASE64_TEXT(SCRAM_KEY)], server[BASE64_TEXT(SCRAM_KEY)];

	base64_encode(vf->vf_salt, vf->vf_saltlen, salt);
	base64_encode(vf->vf_stored, SCRAM_KEY, stored);
	base64_encode(vf->vf_server, SCRAM_KEY, server);
	snprintf(buf, size, VERIFIER_PREFIX "%u:%s$%s:%s", vf->vf_iterations,
	    salt, stored, server);
	explicit_bzero(stored, sizeof(stored));
	explicit_bzero(server, sizeof(server));
}

void
verifier_known(const struct verifier *vf, char *buf, size_t size)
{
	char	 salt[BASE64_TEXT(SCRAM_SALT_MAX)];

	base64_encode(vf->vf_salt, vf->vf_saltlen, salt);
	snprintf(buf, size, "s=%s,i=%u", salt, vf->vf_iterations);
}

int
verifier_match(const struct verifier *vf, const char *pass)
{
	struct verifier	 made = *vf;
	int		 same;

	verifier_derive(&made, pass);
	same = timingsafe_bcmp(made.vf_stored, vf->vf_stored, SCRAM_KEY) == 0;
	explicit_bzero(&made, sizeof(made));
	return (same);
}

int
verifier_proved(const struct verifier *vf, const char *text,
    const uint8_t proof[SCRAM_KEY], char *buf, size_t size)
{
	uint8_t	 key[SCRAM_KEY], signature[SCRAM_KEY];
	char	 base64[BASE64_TEXT(SCRAM_KEY)];
	int	 i, same;

	hmac(vf->vf_stored, SCRAM_KEY, text, strlen(text), key);
	for (i = 0; i < SCRAM_KEY; i++)
		key[i] ^= proof[i];
	verifier_hash(key, key);
	same = timingsafe_bcmp(key, vf->vf_stored, SCRAM_KEY) == 0;
	hmac(vf->vf_server, SCRAM_KEY, text, strlen(text), signature);
	base64_encode(signature, SCRAM_KEY, base64);
	snprintf(buf, size, "v=%s", same ? base64 : "");
	explicit_bzero(key, sizeof(key));
	return (same);
}
