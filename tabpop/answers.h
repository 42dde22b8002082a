/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What authpop asks, and checkers get.
 */

#ifndef ANSWERS_H
#define ANSWERS_H

#include <stdint.h>

struct tableset;

/* Once, before the loop. */
void	 answers_start(void);

/* The tables that are asked from now on. */
void	 answers_use(struct tableset *);

/* A socket to authpop, or to the checker of a generation. */
void	 answers_auth(int fd);
void	 answers_checker(int fd, uint64_t gen);

#endif
