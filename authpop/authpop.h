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
 * Set up the process, before it is confined: its state and its channel to
 * the parent.  Everything else happens in the event loop.
 */
void	 serve_init(void);		/* authpop: the queue */
void	 checker_init(void);		/* authpop -c */

#endif
