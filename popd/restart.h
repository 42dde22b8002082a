/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The successors of children that died: one at once, and if its role goes on
 * dying one after 1, 2, 4 ... RESTART_SECONDS_MAX seconds, until the role has
 * lived for RESTART_CALM seconds.  Its siblings and all sessions go on.
 */

#ifndef RESTART_H
#define RESTART_H

#include <time.h>

#include "msg.h"

/* Start so many of each role; fatal if that fails. */
void	 restart_first(enum role, unsigned int);

/* Start one of a role that popd has had none of. */
void	 restart_wanted(enum role);
/*
 * There is to be one of a role that not every configuration needs, if there
 * is none yet; and whether any was started.
 */
void	 restart_begin(enum role);
int	 restart_begun(enum role);

/* Call this after each start of a successor. */
void	 restart_hook(void (*)(void));

/* One of the role is gone. */
void	 restart_gone(enum role);

/*
 * For people: how many of a role were started again; and when the next is to
 * be, 0 if none is missing.
 */
unsigned int	 restart_count(enum role);
time_t		 restart_next(enum role);

/* popd stops: nothing is started any more. */
void	 restart_stop(void);

/* How many processes are missing now, of all roles. */
unsigned int	 restart_missing(void);

#endif
