/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef CHECK_H
#define CHECK_H

struct popctl;

/* popctl index check: what popcache(5) says against what is there. */
int	 check_run(const struct popctl *, int, char *[]);

#endif
