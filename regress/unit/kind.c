/*
 * link: hashpop/hashkind.o lib/secret.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Hashes on a system whose crypt(3) supports only bcrypt with $2a$ and $2b$,
 * as OpenBSD's does: all others are recognized, so that their users can be
 * logged.
 */

#include <sys/types.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hashpop/hashkind.h"
#include "unit.h"

#define TAIL	"$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde"

char *
crypt(const char *key, const char *setting)
{
	static char	 hash[] = "$2b" TAIL;

	if (strncmp(setting, "$2a$", 4) == 0 ||
	    strncmp(setting, "$2b$", 4) == 0)
		return (hash);
	errno = EINVAL;
	return (NULL);
}

int
main(void)
{
	unit_case("$2b$ and $2a$ are usable");
	CHECK(hashkind_judge("$2b" TAIL) == KIND_USABLE, "$2b$");
	CHECK(hashkind_judge("$2a" TAIL) == KIND_USABLE, "$2a$");
	unit_case("$2y$, SHA-crypt and DES are not known");
	CHECK(hashkind_judge("$2y" TAIL) == KIND_UNKNOWN, "$2y$");
	CHECK(hashkind_judge("$5$salt$abcdefghijklmnopqrstuvwxyz"
	    "abcdefghijklmnopq") == KIND_UNKNOWN, "$5$");
	CHECK(hashkind_judge("abcdefghijklm") == KIND_UNKNOWN, "DES");
	return (unit_done());
}
