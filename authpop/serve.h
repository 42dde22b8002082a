/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authpop: the queue of logins to check.
 */

#ifndef SERVE_H
#define SERVE_H

/*
 * Start the process and its state, with proc_start(); everything else happens
 * in the event loop.
 */
void	 serve_start(void);

#endif
