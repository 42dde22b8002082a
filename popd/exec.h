/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Starting a program: fork(2), ids, execve(2).
 */

#ifndef EXEC_H
#define EXEC_H

#include <sys/types.h>

struct exec_ids {
	uid_t		 ei_uid;
	gid_t		 ei_gid;
};

/* Once, before the first: have the null device open.  0, or -1 and errno. */
int	 exec_init(void);

/*
 * Start a program of LIBEXECDIR with its channel at 3; argv[0] is what ps(1)
 * shows.  stream becomes 0 and
 * 1 (-1: the null device); 2 is the null device.  ids are taken on before
 * exec (NULL: kept).  Closes neither descriptor here.  Returns the pid, or
 * -1 and errno.
 */
pid_t	 exec_program(const char *program, char *const argv[], int stream,
	    int channel, const struct exec_ids *ids);

#endif
