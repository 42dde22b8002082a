/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Restarting children that died: at once, and if a role keeps dying after 1,
 * 2, 4 ... RESTART_SECONDS_MAX seconds, until it has lived for RESTART_CALM
 * seconds.  Other processes and all sessions are not affected.
 */

#ifndef RESTART_H
#define RESTART_H

#include <time.h>

#include "msg.h"

/* Start this many of a role; fatal on failure. */
void	 restart_first(enum role, unsigned int);

/* Start one of an optional role unless begun before. */
void	 restart_begin(enum role);

/* Have this called after each attempt to restart a role. */
void	 restart_hook(void (*)(void));

/* A process of the role is gone. */
void	 restart_gone(enum role);

/*
 * Return how often a role was restarted, and when the next start is due, 0 if
 * none is missing.
 */
unsigned int	 restart_count(enum role);
time_t		 restart_next(enum role);

/* Shutdown: start nothing more. */
void	 restart_stop(void);

/* Return the number of processes missing, of all roles. */
unsigned int	 restart_missing(void);

#endif
