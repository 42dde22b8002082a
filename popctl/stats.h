/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Commands about what popd has counted.
 */

#ifndef STATS_H
#define STATS_H

struct popctl;

/* See commands.h. */
int	 stats_show(const struct popctl *, int, char *[]);
int	 stats_metrics(const struct popctl *, int, char *[]);
int	 stats_monitor(const struct popctl *, int, char *[]);

#endif
