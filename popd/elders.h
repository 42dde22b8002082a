/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The popds that this one has followed, for people: each says how many
 * sessions it still has.
 */

#ifndef ELDERS_H
#define ELDERS_H

#include <sys/types.h>
#include <stdint.h>

/*
 * One of them says "pid count"; 0 is none any more.  Nonsense is left alone,
 * as its version may be another.
 */
void		 elders_heard(const char *);

/* The row of them is broken: take the last one off.  Its pid, or 0: none. */
pid_t		 elders_forget(void);

/* The one of this number, from 0, and its sessions.  Its pid, or 0: none. */
pid_t		 elders_get(unsigned int, uint32_t *);

/* Their sessions. */
uint32_t	 elders_sessions(void);

#endif
