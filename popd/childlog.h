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

#include <sys/types.h>
#include <time.h>

struct msg_log;

/* All zero: a process that has said nothing yet. */
struct childlog {
	time_t		 cg_second;
	unsigned int	 cg_spent;	/* of LOG_BURST; LOG_RATE come back */
	unsigned int	 cg_dropped;
};

/*
 * Log a line of a process: name is its "program[pid]", session its session's
 * or NULL.  Over LOG_RATE it is only counted, and the next line that is
 * logged says how many were.
 */
void	 childlog_write(struct childlog *, const char *name,
	    const char *session, const struct msg_log *);

#endif
