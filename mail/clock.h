/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The clock of waits and searches.
 */

#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Return milliseconds of the monotonic clock; 0: it failed. */
int64_t	 clock_ms(void);

#endif
