/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef DIFF_H
#define DIFF_H

struct popctl;

/*
 * popctl uidl diff: a captured listing against what popd answers.  Exits 0
 * where they are the same, 1 where not, 2 after an error.
 */
int	 diff_run(const struct popctl *, int, char *[]);

#endif
