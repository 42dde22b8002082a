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

/* More than the text can have. */
#define OPENMETRICS_MAX		16384

/* Write the text into buf, of OPENMETRICS_MAX; return its octets. */
size_t	 openmetrics_text(const struct msg_stats *, char *buf);

#endif
