/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lines of other processes for the log: each after the program, the pid and
 * the session of who says it, and no more of them than the log can bear.
 */

#ifndef CHILDLOG_H
#define CHILDLOG_H

#include "bucket.h"
#include "msg.h"

/* All zero: a process that has said nothing yet. */
struct childlog {
	struct bucket	 cg_lines;
	unsigned int	 cg_dropped;
};

/*
 * Log a line of a process: name is its "program[pid]", session its session's
 * or NULL.  Over LOG_RATE it is only counted, which returns 0, and the next
 * line that is logged says how many were.
 */
int	 childlog_write(struct childlog *, const char *name,
	    const char *session, const struct msg_log *);

/*
 * A process of this role is of another version; its programs were replaced.
 * One line a minute says so, however often it is started.
 */
void	 childlog_version(enum role, const struct msg_version *);

#endif
