/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * issetugid(2), from what the kernel tells every new program.  AT_SECURE does
 * not serve: a security module may set it for other reasons.
 */

#include <sys/auxv.h>

#include <unistd.h>

int
issetugid(void)
{
	return (getauxval(AT_UID) != getauxval(AT_EUID) ||
	    getauxval(AT_GID) != getauxval(AT_EGID));
}
