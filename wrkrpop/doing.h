/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What this session is doing, for an admin who asks.
 *
 * Between commands a worker waits in read(2), and in the middle of one perhaps
 * for its client to take the reply: no message reaches it then.  So the parent
 * asks with a signal, SIGURG, which is ignored by whoever does not know it,
 * and the answer leaves from its handler, whatever the worker is at.
 */

#ifndef DOING_H
#define DOING_H

#include <stdint.h>

#include "command.h"

struct msg_report;

/* Answer from now on.  To be called before pledge(2). */
void		 doing_init(void);

/* Where what was done is counted: for as long as the process lives. */
void		 doing_counts(const struct msg_report *);

/* A command begins, and ends. */
void		 doing_begins(enum command_code);
void		 doing_ends(void);

/* The client has sent something. */
void		 doing_heard(void);

/* Milliseconds since then. */
uint64_t	 doing_idle(void);

#endif
