/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The monotonic clock.  A failure ends the process: it would have no deadlines.
 */

#ifndef MONOTIME_H
#define MONOTIME_H

#include <stdint.h>

/* Return milliseconds. */
int64_t	 monotime_ms(void);

#endif
