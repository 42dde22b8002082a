/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How those who deliver to a spool lock it, as popd.conf(5) names it.
 */

#ifndef MBOXLOCK_H
#define MBOXLOCK_H

#include <stdint.h>

#define MBOXLOCK_FCNTL	0x1
#define MBOXLOCK_FLOCK	0x2
#define MBOXLOCK_DOTLOCK 0x4

/* Any of "fcntl, flock, dotlock"; 0 if it is anything else. */
uint32_t	 mboxlock_parse(const char *);

/* So that each deliverer of this system takes one of them. */
uint32_t	 mboxlock_default(void);

#endif
