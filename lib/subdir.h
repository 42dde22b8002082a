/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The directory of a maildir below that of its user. */

#ifndef SUBDIR_H
#define SUBDIR_H

/* Return NULL, or why this cannot be such a relative path. */
const char	*subdir_check(const char *);

#endif
