/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answer the questions of authpop and give hashes to the checkers.
 */

#ifndef ANSWERS_H
#define ANSWERS_H

#include <stdint.h>

struct tableset;

/* Initialize; call once, before the event loop. */
void	 answers_start(void);

/* Use these tables from now on; they stay the caller's. */
void	 answers_use(struct tableset *ts);

/*
 * Serve authpop, or the checker of a generation, on fd, which is owned from
 * now on and replaces the previous one.
 */
void	 answers_auth(int fd);
void	 answers_checker(int fd, uint64_t gen);

#endif
