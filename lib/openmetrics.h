/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The counters as OpenMetrics text (openmetrics.io, version 1.0.0).
 */

#ifndef OPENMETRICS_H
#define OPENMETRICS_H

#include <stddef.h>

struct msg_stats;

/* More than the text ever has. */
#define OPENMETRICS_MAX		16384

/* Write it into buf, which has room for OPENMETRICS_MAX; its octets. */
size_t	 openmetrics_text(const struct msg_stats *, char *buf);

#endif
