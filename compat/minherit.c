/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* minherit(2), as far as popd uses it. */

#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>

int
minherit(void *addr, size_t len, int inherit)
{
	if (inherit != MAP_INHERIT_NONE) {
		errno = EINVAL;
		return (-1);
	}
	return (madvise(addr, len, MADV_DONTFORK));
}
