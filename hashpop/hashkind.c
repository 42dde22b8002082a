/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Kinds of password hashes.  A checker must know before any login whether a
 * hash can match at all, or a fast answer would reveal users with a bad one.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hashkind.h"
#include "limits.h"
#include "secret.h"

#define KIND_ID_MAX	8	/* between the first two '$' */

#define BCRYPT_LEN	60
#define BCRYPT_SALT	"abcdefghijklmnopqrstuu"
#define BCRYPT_TAIL	31
#define DES_LEN		13
#define DES_TAIL	11
#define BSDI_LEN	20
#define SCRYPT_PARAMS	11

/* Base 64 of crypt(3); '.' is 0. */
static const char hashkind_alphabet[] = "./0123456789"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int	 within_bcrypt(const char *);
static int	 within_sha(const char *);
static int	 within_sun(const char *);
static int	 within_sha1(const char *);
static int	 within_scrypt(const char *);
static int	 within_yescrypt(const char *);
static int	 within_bsdi(const char *);
static int	 within_any(const char *);

/*
 * The methods: a setting of low cost to try crypt(3) with (NULL: the hash
 * itself), the length of what follows the last '$' (0: see hashkind_shape()),
 * and whether a hash is cheap enough, by what follows the id.  Other methods
 * are unknown, since their cost is.
 */
static const struct method {
	const char	*hkm_id;
	const char	*hkm_try;
	size_t		 hkm_tail;
	int		(*hkm_within)(const char *);
} methods[] = {
	{ "2a",	"$2a$04$" BCRYPT_SALT,		0,	within_bcrypt },
	{ "2b",	"$2b$04$" BCRYPT_SALT,		0,	within_bcrypt },
	{ "2x",	"$2x$04$" BCRYPT_SALT,		0,	within_bcrypt },
	{ "2y",	"$2y$04$" BCRYPT_SALT,		0,	within_bcrypt },
	{ "1",	"$1$abcdefgh$",			22,	within_any },
	{ "3",	NULL,				32,	within_any },
	{ "5",	"$5$rounds=1000$abcdefgh$",	43,	within_sha },
	{ "6",	"$6$rounds=1000$abcdefgh$",	86,	within_sha },
	{ "7",	NULL,				43,	within_scrypt },
	{ "md5", "$md5$abcdefgh$",		22,	within_sun },
	{ "sha1", "$sha1$4$abcdefgh$",		28,	within_sha1 },
	{ "sm3", "$sm3$rounds=1000$abcdefgh$",	43,	within_sha },
	{ "sm3y", "$sm3y$j75$abcdefgh$",	43,	within_yescrypt },
	{ "y",	"$y$j75$abcdefgh$",		43,	within_yescrypt },
	{ "gy",	"$gy$j75$abcdefgh$",		43,	within_yescrypt },
	{ "_",	NULL,				0,	within_bsdi },
	{ "",	NULL,				0,	within_any }
};

#define NMETHODS	(sizeof(methods) / sizeof(methods[0]))

/* Whether crypt(3) knows the methods used so far. */
static struct {
	enum { NOT_TRIED, KNOWN, NOT_KNOWN } tried[NMETHODS];
} hashkind;

/* Return the value of a digit in that base 64, or -1. */
static int
digit(char c)
{
	const char	*p;

	p = c == '\0' ? NULL : strchr(hashkind_alphabet, c);
	return (p == NULL ? -1 : (int)(p - hashkind_alphabet));
}

/* Return a number of ndigits, lowest first, or -1. */
static long long
number(const char *p, size_t ndigits)
{
	long long	 n = 0;
	size_t		 i;
	int		 d;

	for (i = 0; i < ndigits; i++) {
		if ((d = digit(p[i])) == -1)
			return (-1);
		n |= (long long)d << (6 * i);
	}
	return (n);
}

/* Return whether a decimal number, ended by '$', is at most max. */
static int
decimal_within(const char *p, long max)
{
	long	 n;

	for (n = 0; *p >= '0' && *p <= '9' && n <= max; p++)
		n = 10 * n + (*p - '0');
	return (*p == '$' && n <= max);
}

static int
within_any(const char *params)
{
	return (1);
}

static int
within_bcrypt(const char *params)
{
	return (decimal_within(params, HASH_BCRYPT_MAX));
}

static int
within_sha(const char *params)
{
	return (strncmp(params, "rounds=", 7) != 0 ||
	    decimal_within(params + 7, HASH_SHA_ROUNDS_MAX));
}

static int
within_sun(const char *params)
{
	return (strncmp(params, "rounds=", 7) != 0 ||
	    decimal_within(params + 7, HASH_ROUNDS_MAX));
}

static int
within_sha1(const char *params)
{
	return (decimal_within(params, HASH_ROUNDS_MAX));
}

/* N is 2 to the power of one digit; r and p have five each. */
static int
within_scrypt(const char *params)
{
	long long	 r, p;
	int		 power;

	if ((power = digit(params[0])) == -1 || power > 30 ||
	    (r = number(params + 1, 5)) <= 0 ||
	    (p = number(params + 6, 5)) <= 0)
		return (0);
	return (r <= HASH_BLOCKS_MAX && p <= HASH_BLOCKS_MAX / r &&
	    r * p <= HASH_BLOCKS_MAX >> power);
}

/*
 * As mkpasswd(1) makes them: flavour, N and r of one digit each, the latter
 * two less one, and nothing else.
 */
static int
within_yescrypt(const char *params)
{
	int	 power, r;

	if (params[0] != 'j' || (power = digit(params[1])) == -1 ||
	    (r = digit(params[2])) == -1 || params[3] != '$')
		return (0);
	return (power + 1 <= 30 && r + 1 <= HASH_BLOCKS_MAX >> (power + 1));
}

static int
within_bsdi(const char *params)
{
	long long	 rounds = number(params, 4);

	return (rounds != -1 && rounds <= HASH_ROUNDS_MAX);
}

/*
 * Return the method, "2b" of $2b$..., "_" of BSDi's, "" of DES, and in params
 * where its parameters start; NULL if unknown.
 */
static const struct method *
hashkind_method(const char *hash, const char **params)
{
	char	 id[KIND_ID_MAX] = "";
	size_t	 i, len = 0;

	*params = hash;
	if (hash[0] == '_') {
		id[0] = '_';
		*params = hash + 1;
	} else if (hash[0] == '$') {
		/* Sun's may be $md5,rounds=n$. */
		len = strcspn(hash + 1, "$,");
		if (hash[1 + len] == '\0' || len == 0 || len >= sizeof(id))
			return (NULL);
		memcpy(id, hash + 1, len);
		*params = hash + 1 + len + 1;
	}
	if (hash[0] == '$' && hash[1 + len] == ',' && strcmp(id, "md5") != 0)
		return (NULL);
	for (i = 0; i < NMETHODS; i++)
		if (strcmp(methods[i].hkm_id, id) == 0)
			return (&methods[i]);
	return (NULL);
}

static enum hashkind_fault
shape_bcrypt(const char *hash)
{
	size_t	 len = strlen(hash);

	if (len < BCRYPT_LEN)
		return (KIND_CUT);
	if (len == BCRYPT_LEN && hash[6] == '$' &&
	    strspn(hash + 7, hashkind_alphabet) == len - 7 &&
	    strspn(hash + 4, "0123456789") == 2 &&
	    strncmp(hash + 4, "04", 2) >= 0 && strncmp(hash + 4, "31", 2) <= 0)
		return (KIND_USABLE);
	return (KIND_UNKNOWN);
}

/* Check the length and alphabet of a hash of this method. */
static enum hashkind_fault
hashkind_shape(const char *hash, const struct method *hkm)
{
	const char	*tail = hash;
	size_t		 want = hkm->hkm_tail, len;

	if (hkm->hkm_id[0] == '2')
		return (shape_bcrypt(hash));
	if (hkm->hkm_id[0] == '\0')
		want = DES_LEN;
	else if (hkm->hkm_id[0] == '_') {
		tail = hash + 1;
		want = BSDI_LEN - 1;
	} else
		tail = strrchr(hash, '$') + 1;
	len = strlen(tail);
	if (len == want && strspn(tail, hashkind_alphabet) == len)
		return (KIND_USABLE);
	/* If too short for DES it is no hash at all. */
	return (len < want && hkm->hkm_id[0] != '\0' ? KIND_CUT : KIND_UNKNOWN);
}

/* Ask crypt(3). */
static int
hashkind_try(const char *hash, const struct method *hkm)
{
	char	*got;
	int	 known;

	got = crypt("x", hkm->hkm_try != NULL ? hkm->hkm_try : hash);
	/* Failure is NULL, or a short text that starts with '*'. */
	if (got == NULL)
		return (0);
	known = got[0] != '*' &&
	    (hkm->hkm_try != NULL || strlen(got) == strlen(hash));
	explicit_bzero(got, strlen(got));
	return (known);
}

static enum hashkind_fault
hashkind_secret(const char *entry)
{
	switch (secret_judge(entry)) {
	case 1:
		return (KIND_USABLE);
	case -1:
		return (KIND_CUT);
	default:
		return (KIND_UNKNOWN);
	}
}

enum hashkind_fault
hashkind_judge(const char *hash)
{
	const struct method	*hkm;
	const char		*params;
	enum hashkind_fault	 fault;
	size_t			 i;

	if (hash[0] == '\0')
		return (KIND_UNKNOWN);
	if (secret_kind(hash) != SECRET_NONE)
		return (hashkind_secret(hash));
	if ((hkm = hashkind_method(hash, &params)) == NULL)
		return (hash[1 + strcspn(hash + 1, "$,")] == '\0' ?
		    KIND_CUT : KIND_UNKNOWN);
	if ((fault = hashkind_shape(hash, hkm)) != KIND_USABLE)
		return (fault);
	/* Before crypt(3) is tried with it. */
	if (!hkm->hkm_within(params))
		return (KIND_COSTLY);
	i = hkm - methods;
	if (hashkind.tried[i] == NOT_TRIED)
		hashkind.tried[i] = hashkind_try(hash, hkm) ? KNOWN : NOT_KNOWN;
	return (hashkind.tried[i] == KNOWN ? KIND_USABLE : KIND_UNKNOWN);
}

void
hashkind_cost(const char *hash, char *buf, size_t size)
{
	const struct method	*hkm;
	const char		*params, *end;

	buf[0] = '\0';
	if (secret_kind(hash) != SECRET_NONE ||
	    (hkm = hashkind_method(hash, &params)) == NULL ||
	    hkm->hkm_id[0] == '\0')
		return;
	if (hkm->hkm_id[0] == '2') {
		/* 2a, 2b and 2y differ in old bugs, not in time. */
		snprintf(buf, size, "2$%.2s", params);
		return;
	}

	/* $id$parameters$salt$hash, or $id$salt$hash */
	if (hkm->hkm_within == within_bsdi)
		end = params + strnlen(params, 4);
	else if (hkm->hkm_within == within_scrypt)
		end = params + strnlen(params, SCRYPT_PARAMS);
	else if (hkm->hkm_within == within_yescrypt ||
	    hkm->hkm_within == within_sha1 ||
	    strncmp(params, "rounds=", 7) == 0)
		end = params + strcspn(params, "$");
	else
		end = params - 1;
	snprintf(buf, size, "%.*s", (int)(end - hash), hash);
}

void
hashkind_dummy(const char *hash, char *buf, size_t size)
{
	const struct method	*hkm;
	const char		*params;
	char			*p;

	strlcpy(buf, hash, size);
	if (secret_kind(hash) == SECRET_NONE &&
	    (hkm = hashkind_method(hash, &params)) != NULL) {
		/* The last of its characters are never the salt's. */
		p = buf + strlen(buf) - (hkm->hkm_tail != 0 ? hkm->hkm_tail :
		    hkm->hkm_id[0] == '2' ? BCRYPT_TAIL : DES_TAIL);
		memset(p, '.', strlen(p));
	}
}
