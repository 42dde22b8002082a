/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The two processes of authpop.
 */

#ifndef AUTHPOP_H
#define AUTHPOP_H

/*
 * Start the process and its state, with proc_start(); everything else happens
 * in the event loop.
 */
void	 serve_start(void);		/* authpop: the queue */
void	 checker_start(void);		/* authpop -c */

#endif
