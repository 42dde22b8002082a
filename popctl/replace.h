/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Atomic replacement of a file in a maildir.
 */

#ifndef REPLACE_H
#define REPLACE_H

#include <stddef.h>

/*
 * Create or replace a file in a directory, durably; a crash leaves the old or
 * the new one.  0, or -1, logged.
 */
int	 replace_file(int dir, const char *name, const char *text, size_t);

#endif
