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
#include <stdint.h>

struct msg_stats;

/* More than the text can have. */
#define OPENMETRICS_MAX		16384

/* A counter or gauge: its name, its label's value or NULL, its value. */
struct openmetrics_row {
	const char	*omr_name;
	const char	*omr_label;
	uint64_t	 omr_value;
};

/* Get the i-th row.  Return 0 after the last. */
int	 openmetrics_row(unsigned int i, const struct msg_stats *,
	    struct openmetrics_row *);

/* Write the text into buf, of OPENMETRICS_MAX; return its octets. */
size_t	 openmetrics_text(const struct msg_stats *, char *buf);

#endif
