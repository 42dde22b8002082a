/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The ways to lock a spool, as named by popd.conf(5).
 */

#ifndef MBOXLOCK_H
#define MBOXLOCK_H

#include <stdint.h>

#define MBOXLOCK_FCNTL	0x1
#define MBOXLOCK_FLOCK	0x2
#define MBOXLOCK_DOTLOCK 0x4

/* Parse any of "fcntl, flock, dotlock".  Return 0 if there is anything else. */
uint32_t	 mboxlock_parse(const char *);

/* Return locks of which each deliverer of this system takes one. */
uint32_t	 mboxlock_default(void);

#endif
