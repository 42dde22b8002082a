/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * issetugid(2), from what the kernel tells every program that it starts.
 * Not from AT_SECURE: a security module sets that for reasons of its own.
 */

#include <sys/auxv.h>

#include <unistd.h>

int
issetugid(void)
{
	return (getauxval(AT_UID) != getauxval(AT_EUID) ||
	    getauxval(AT_GID) != getauxval(AT_EGID));
}
