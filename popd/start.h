/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The start: the foreground's last words, and what comes when the first
 * configuration is in use.
 */

#ifndef START_H
#define START_H

/*
 * Go to the background, but let the process that was started wait for the
 * outcome, so that its exit status and standard error tell the truth.
 */
void	 start_background(void);

/* The first configuration is in use. */
void	 start_done(void);

#endif
