/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <stddef.h>

#include <confine.h>

const char *
confine_lacks(void)
{
	return NULL;
}
