/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The command that shows popd's counters.
 */

#ifndef SHOWSTATS_H
#define SHOWSTATS_H

struct popctl;

/* See commands.h. */
int	 showstats_run(const struct popctl *, int, char *[]);

#endif
