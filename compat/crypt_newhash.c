/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * crypt_newhash(3) on top of the system's crypt(3), only for "bcrypt,rounds".
 * No part of a password stays in memory.
 */

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREF	"bcrypt,"

static struct crypt_data	crypt_work;

int
crypt_newhash(const char *pass, const char *pref, char *hash, size_t size)
{
	char		 setting[CRYPT_GENSALT_OUTPUT_SIZE], *got;
	const char	*errstr;
	int		 rounds, r = -1;

	if (strncmp(pref, PREF, sizeof(PREF) - 1) != 0) {
		errno = EINVAL;
		return (-1);
	}
	rounds = strtonum(pref + sizeof(PREF) - 1, 4, 31, &errstr);
	if (errstr != NULL)
		return (-1);
	if (crypt_gensalt_rn("$2b$", rounds, NULL, 0, setting,
	    sizeof(setting)) == NULL)
		return (-1);
	got = crypt_r(pass, setting, &crypt_work);
	if (got == NULL || got[0] == '*')
		errno = EINVAL;
	else if (strlcpy(hash, got, size) >= size)
		errno = ERANGE;
	else
		r = 0;
	explicit_bzero(&crypt_work, sizeof(crypt_work));
	return (r);
}
