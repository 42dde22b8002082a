/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What this session is doing, for an administrator who asks.
 *
 * Between commands a worker waits in read(2), and during one perhaps for its
 * client to take the reply: no message reaches it then.  So the parent asks
 * with a signal, SIGURG, which is ignored by default, and the handler answers,
 * whatever the worker is doing.
 */

#ifndef DOING_H
#define DOING_H

#include <stdint.h>

#include "command.h"

struct msg_report;

/* Answer from now on.  Call before pledge(2). */
void		 doing_init(void);

/* Set the counters to report; they must live as long as the process. */
void		 doing_counts(const struct msg_report *);

/* A command begins, and ends. */
void		 doing_begins(enum command_code);
void		 doing_ends(void);

/* The client has sent something. */
void		 doing_heard(void);

/* Return the milliseconds since then. */
uint64_t	 doing_idle(void);

#endif
