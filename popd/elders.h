/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Older popds that still have sessions after upgrades, for popctl.
 */

#ifndef ELDERS_H
#define ELDERS_H

#include <sys/types.h>
#include <stdint.h>

/*
 * Parse "pid count" from one of them; with 0 it is removed.  Anything else is
 * ignored, as it may be of another version.
 */
void		 elders_heard(const char *);

/* The chain is broken: remove the last one.  Return its pid, or 0. */
pid_t		 elders_forget(void);

/* Get the i-th, from 0, and its sessions.  Return its pid, or 0. */
pid_t		 elders_get(unsigned int, uint32_t *);

/* Return the number of sessions of all. */
uint32_t	 elders_sessions(void);

#endif
