/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What a process says over its channel before it ends, having begun nothing. */

#ifndef LASTWORD_H
#define LASTWORD_H

#include <stdint.h>

/*
 * Send one message over a channel that nothing was sent over yet, and wait
 * until it has left.  Errors are ignored: nobody is there to be told of them.
 */
void	 lastword_send(int fd, uint32_t type, const void *data);

/* The same with a line for the log: the failed step of a start, and why. */
void	 lastword_log(int fd, const char *step, const char *why);

#endif
