/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The process that works for one user, sandboxed to the user's maildir.
 */

#ifndef USERPROC_H
#define USERPROC_H

#include <stddef.h>
#include <stdint.h>

struct users_work;
struct where_home;

/* Sent through the pipe. */
struct userproc_progress {
	uint32_t	 ug_done;
	uint32_t	 ug_total;
};

/*
 * Become the user, enter the maildir, sandbox the process, do the work and
 * exit.  Writes struct userproc_progress to the pipe.  fd is that of uw_file,
 * or -1.
 */
void		 userproc_run(const struct where_home *,
		    const struct users_work *, int pipe, int fd)
		    __attribute__((__noreturn__));

/* Copy a user's name to buf, quoted if necessary; returns buf. */
const char	*userproc_name(const char *, char *, size_t);

#endif
