/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The rest of a popd that another one follows: it accepts nobody any more,
 * and ends with its last connection.
 */

#ifndef DRAIN_H
#define DRAIN_H

#include <stdint.h>

/*
 * The other one accepts now; it is to be told how many sessions are still
 * here, as often as that changes.
 */
void	 drain_begin(void (*tell)(uint32_t sessions));

/* Whether that has happened. */
int	 drain_begun(void);

/* A process is gone, or the popd before this one: perhaps it was the last. */
void	 drain_check(void);

#endif
