/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * crypt_checkpass(3) on top of the system's crypt(3), with all methods of that.
 * No part of a password stays in memory.
 */

#include <crypt.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Matches no password; costs the time of a bcrypt check. */
#define CRYPT_DUMMY	"$2b$08$......................" \
			"..............................."

/* 32 KiB in libxcrypt: too much for the stack, reused by each check. */
static struct crypt_data	crypt_work;

int
crypt_checkpass(const char *pass, const char *hash)
{
	const char	*want = hash == NULL ? CRYPT_DUMMY : hash;
	char		*got;
	size_t		 len = strlen(want);
	int		 ok = 0;

	got = crypt_r(pass, want, &crypt_work);
	/* A failure is NULL, or a short text that begins with '*'. */
	if (got != NULL && got[0] != '*' && len > 0 && strlen(got) == len)
		ok = timingsafe_bcmp(got, want, len) == 0;
	explicit_bzero(&crypt_work, sizeof(crypt_work));
	if (ok && hash != NULL)
		return (0);
	errno = EACCES;
	return (-1);
}
