/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How long clients wait after they sent their password.
 */

#ifndef LATENCY_H
#define LATENCY_H

#include "count.h"

struct client;

/* PASS was received. */
void	 latency_begin(struct client *);

/* An answer was sent: count the time since.  LATENCY_FIRST is the last. */
void	 latency_end(struct client *, enum latency);

#endif
