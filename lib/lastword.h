/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Messages of a process that exits before it has started. */

#ifndef LASTWORD_H
#define LASTWORD_H

#include <stdint.h>

/*
 * Send one message over a channel that is still unused, and wait until it has
 * left.  Errors are ignored: they could not be reported.
 */
void	 lastword_send(int fd, uint32_t type, const void *data);

/* Send a log line: the step that failed, and why. */
void	 lastword_log(int fd, const char *step, const char *why);

#endif
