/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* <sys/mman.h> with what OpenBSD's has besides. */

#include_next <sys/mman.h>

#ifndef COMPAT_SYS_MMAN_H
#define COMPAT_SYS_MMAN_H

#include <stddef.h>

/* Memory that is not there in a child of fork(2), which need not copy it. */
#define MAP_INHERIT_NONE	2

/*
 * How children inherit memory; addr is that of a page.  Return 0, or -1 and
 * errno: EINVAL for all but MAP_INHERIT_NONE.
 */
int	minherit(void *, size_t, int);

#endif
