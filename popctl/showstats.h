/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Commands that show popd's counters.
 */

#ifndef SHOWSTATS_H
#define SHOWSTATS_H

struct popctl;

/* See commands.h. */
int	 showstats_show(const struct popctl *, int, char *[]);
int	 showstats_metrics(const struct popctl *, int, char *[]);
int	 showstats_monitor(const struct popctl *, int, char *[]);

#endif
