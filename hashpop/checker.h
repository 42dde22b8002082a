/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * hashpop: checks passwords for the queue.
 */

#ifndef CHECKER_H
#define CHECKER_H

/*
 * Start the process and its state, with proc_start(); everything else happens
 * in the event loop.
 */
void	 checker_start(void);

#endif
