/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The process that works for one user: how it gives up everything else.
 */

#ifndef USERPROC_H
#define USERPROC_H

#include <stddef.h>
#include <stdint.h>

struct users_work;
struct where_home;

/* What it says through its pipe. */
struct userproc_progress {
	uint32_t	 ug_done;
	uint32_t	 ug_total;
};

/*
 * Become the user, enter his maildir, be confined to it, do the work and
 * exit.  The pipe is for userproc_progress; its end is that of the process.
 */
void		 userproc_run(const struct where_home *,
		    const struct users_work *, int pipe, int fd)
		    __attribute__((__noreturn__));

/* A user's name for a line of text, into buf; returns it. */
const char	*userproc_name(const char *, char *, size_t);

/* In the user's process: a line of output, which begins with his name. */
void		 userproc_print(const char *, ...)
		    __attribute__((__format__ (printf, 1, 2)));

/*
 * In the user's process: one more descriptor of his maildir, for the caller;
 * all of them share one lock.  -1 and errno, after USERPROC_DIRS.
 */
#define USERPROC_DIRS	2
int		 userproc_dir(void);

/*
 * In the user's process: so much of it is done.  To be called at least every
 * few seconds of work; not 0: stop, there was an interrupt.
 */
int		 userproc_progress(uint32_t, uint32_t);

#endif
