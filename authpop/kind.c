/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Kinds of password hashes.  A checker must know before any login whether a
 * hash can match at all, or a user with a broken one would be told from the
 * others by how fast the answer comes.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kind.h"

#define KIND_ID_MAX	16	/* the text between the first two '$' */
#define KINDS_MAX	32	/* kinds to remember */

#define BCRYPT_LEN	60
#define BCRYPT_SALT	"abcdefghijklmnopqrstuu"
#define DES_LEN		13
#define BSDI_LEN	20

static const char kind_alphabet[] = "./0123456789"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/*
 * Well-known methods: a setting of low cost with which crypt(3) is tried, and
 * the length of what stands behind the last '$' (0: see kind_shape()).
 */
static const struct method {
	const char	*me_id;
	const char	*me_try;
	size_t		 me_tail;
} methods[] = {
	{ "2a",	"$2a$04$" BCRYPT_SALT,		0 },
	{ "2b",	"$2b$04$" BCRYPT_SALT,		0 },
	{ "2y",	"$2y$04$" BCRYPT_SALT,		0 },
	{ "1",	"$1$abcdefgh$",			22 },
	{ "5",	"$5$rounds=1000$abcdefgh$",	43 },
	{ "6",	"$6$rounds=1000$abcdefgh$",	86 },
	{ "y",	"$y$j75$abcdefgh$",		43 },
	{ "gy",	"$gy$j75$abcdefgh$",		43 }
};

/* What crypt(3) said about the kinds that were met. */
static struct kind {
	char		 ki_id[KIND_ID_MAX];
	int		 ki_known;
} kinds[KINDS_MAX];
static size_t	 nkinds;

static const struct method *
kind_method(const char *id)
{
	size_t	 i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].me_id, id) == 0)
			return &methods[i];
	return NULL;
}

/* "2b" of $2b$..., "_" of the BSDi form, "" of DES.  -1: none of these. */
static int
kind_id(const char *hash, char *id)
{
	size_t	 len;

	id[0] = '\0';
	if (hash[0] == '_')
		(void)strlcpy(id, "_", KIND_ID_MAX);
	if (hash[0] != '$')
		return 0;
	len = strcspn(hash + 1, "$");
	if (hash[1 + len] != '$' || len == 0 || len >= KIND_ID_MAX)
		return -1;
	memcpy(id, hash + 1, len);
	id[len] = '\0';
	return 0;
}

/* Whether a hash is as long as those of its method are. */
static int
kind_shape(const char *hash, const char *id)
{
	const struct method	*me;
	const char		*tail;
	size_t			 len = strlen(hash);

	if (id[0] == '\0')
		return len == DES_LEN && strspn(hash, kind_alphabet) == len;
	if (id[0] == '_')
		return len == BSDI_LEN &&
		    strspn(hash + 1, kind_alphabet) == len - 1;
	if ((me = kind_method(id)) == NULL)
		return 1;
	if (id[0] == '2')
		return len == BCRYPT_LEN && hash[6] == '$' &&
		    strspn(hash + 7, kind_alphabet) == len - 7 &&
		    strspn(hash + 4, "0123456789") == 2 &&
		    strncmp(hash + 4, "04", 2) >= 0 &&
		    strncmp(hash + 4, "31", 2) <= 0;
	tail = strrchr(hash, '$') + 1;
	return strlen(tail) == me->me_tail &&
	    strspn(tail, kind_alphabet) == me->me_tail;
}

/* Ask crypt(3) itself. */
static int
kind_try(const char *hash, const char *id)
{
	const struct method	*me = kind_method(id);
	char			*got;
	int			 known;

	got = crypt("x", me != NULL ? me->me_try : hash);
	/* A failure is NULL or a short text that begins with '*'. */
	if (got == NULL)
		return 0;
	known = got[0] != '*' && (me != NULL || strlen(got) == strlen(hash));
	explicit_bzero(got, strlen(got));
	return known;
}

int
kind_usable(const char *hash)
{
	char	 id[KIND_ID_MAX];
	size_t	 i;

	if (hash[0] == '\0' || kind_id(hash, id) == -1 ||
	    !kind_shape(hash, id))
		return 0;
	for (i = 0; i < nkinds; i++)
		if (strcmp(kinds[i].ki_id, id) == 0)
			return kinds[i].ki_known;
	if (nkinds == KINDS_MAX)
		return 0;
	(void)strlcpy(kinds[nkinds].ki_id, id, sizeof(kinds[nkinds].ki_id));
	kinds[nkinds].ki_known = kind_try(hash, id);
	return kinds[nkinds++].ki_known;
}

void
kind_cost(const char *hash, char *buf, size_t size)
{
	const char	*end;
	char		 id[KIND_ID_MAX];

	if (kind_id(hash, id) == -1 || hash[0] != '$') {
		(void)snprintf(buf, size, "%.1s", id);
		return;
	}
	if (id[0] == '2') {
		/* 2a, 2b and 2y differ in old faults, not in time. */
		(void)snprintf(buf, size, "2$%.2s", hash + 4);
		return;
	}

	/* $id$parameters$salt$hash, or $id$salt$hash. */
	end = hash + 1 + strlen(id);
	if (id[0] == 'y' || id[0] == 'g' ||
	    strncmp(end, "$rounds=", 8) == 0)
		end += 1 + strcspn(end + 1, "$");
	(void)snprintf(buf, size, "%.*s", (int)(end - hash), hash);
}
