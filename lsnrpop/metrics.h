/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Metrics over HTTP, for local monitoring.
 */

#ifndef METRICS_H
#define METRICS_H

#include "chan.h"

/*
 * Serve a connection to a socket with LISTEN_METRICS; fd is owned from now on.
 */
void	 metrics_new(int fd);

/* Handler of MSG_STATS. */
struct verdict	 metrics_stats(void *, const void *, int);

#endif
