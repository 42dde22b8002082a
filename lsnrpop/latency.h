/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How long clients wait for what follows their password.
 */

#ifndef LATENCY_H
#define LATENCY_H

#include "count.h"

struct client;

/* PASS has come. */
void	 latency_begin(struct client *);

/* So has what it waits for.  After LATENCY_FIRST nothing is measured. */
void	 latency_end(struct client *, enum latency);

#endif
