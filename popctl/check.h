/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef CHECK_H
#define CHECK_H

struct popctl;

/* popctl index check: compare popcache(5) with the maildir. */
int	 check_run(const struct popctl *, int, char *[]);

#endif
