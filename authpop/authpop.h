/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The two processes that authpop is.
 */

#ifndef AUTHPOP_H
#define AUTHPOP_H

/*
 * Start the process (proc_start()), with its state; everything else happens
 * in the event loop.
 */
void	 serve_start(void);		/* authpop: the queue */
void	 checker_start(void);		/* authpop -c */

#endif
