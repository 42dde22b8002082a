/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* issetugid(2): the kernel says so to every program that it starts. */

#include <sys/auxv.h>

#include <unistd.h>

int
issetugid(void)
{
	return getauxval(AT_SECURE) != 0;
}
