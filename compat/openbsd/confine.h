/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef CONFINE_H
#define CONFINE_H

#include <stddef.h>

/* See ../include/confine.h: pledge(2) and unveil(2) are the system's own. */
static inline const char *
confine_lacks(void)
{
	return (NULL);
}

static inline int
confine_parent(void)
{
	return (0);
}

/* The same as after abort(3), which malloc(3) and the stack protector call. */
#define CONFINE_SIGNAL	SIGABRT
#define CONFINE_DEATH	"killed by pledge or abort"

#endif
