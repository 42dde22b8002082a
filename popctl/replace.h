/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Files of a maildir that are replaced as a whole.
 */

#ifndef REPLACE_H
#define REPLACE_H

#include <stddef.h>

/*
 * Put a file of this name and text into a directory, safely on disk; a crash
 * leaves the old or the new one.  0, or -1: said why.
 */
int	 replace_file(int dir, const char *name, const char *text, size_t);

#endif
