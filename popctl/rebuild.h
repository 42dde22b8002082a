/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef REBUILD_H
#define REBUILD_H

struct popctl;

/* popctl index rebuild: read all messages and rewrite popcache(5). */
int	 rebuild_run(const struct popctl *, int, char *[]);

#endif
