/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef DIFF_H
#define DIFF_H

struct popctl;

/*
 * popctl uidl diff: compare a captured listing with popd's.  The exit status
 * is 0 if they are the same, 1 if they differ, 2 on error.
 */
int	 diff_run(const struct popctl *, int, char *[]);

#endif
