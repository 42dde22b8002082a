/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log lines of other processes: prefixed with program, pid and session, and
 * limited to the rate the log can take.
 */

#ifndef CHILDLOG_H
#define CHILDLOG_H

#include "bucket.h"
#include "msg.h"

/* Initialize to zero. */
struct childlog {
	struct bucket	 cg_lines;
	struct bucket	 cg_debug;	/* those for debugging */
	unsigned int	 cg_dropped;
};

/*
 * Log a line of a process; name is "program[pid]", session its session or
 * NULL.  Return 1, or 0 if over LOG_RATE: such lines are counted, and the
 * next line logged gives their number.
 */
int	 childlog_write(struct childlog *, const char *name,
	    const char *session, const struct msg_log *);

/*
 * Log that a process of this role is of another version, since its program was
 * replaced: at most once a minute, however often it is restarted.
 */
void	 childlog_version(enum role, const struct msg_version *);

#endif
