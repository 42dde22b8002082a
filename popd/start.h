/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Startup: daemonizing, and what follows the first configuration.
 */

#ifndef START_H
#define START_H

/*
 * Fork into the background.  The original process waits for the outcome, so
 * that its exit status and standard error are right.
 */
void	 start_background(void);

/* The first configuration is in use: detach, open the sockets, log it. */
void	 start_done(void);

#endif
