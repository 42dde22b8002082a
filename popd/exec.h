/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Starting programs: fork(2), change ids, execve(2).
 */

#ifndef EXEC_H
#define EXEC_H

#include <sys/types.h>
#include <stdint.h>

struct exec_ids {
	uid_t		 ei_uid;
	gid_t		 ei_gid;
};

/* Open the null device, before all others.  Return 0, or -1 with errno. */
int	 exec_init(void);

/* For exec_self(). */
struct exec_self {
	const char	*es_path;
	const char	*es_dir;		/* working directory */
	char *const	*es_argv;
	const int	*es_sockets;		/* see inherit.h */
	unsigned int	 es_count;
	int		 es_channel;
	int		 es_output;		/* stderr; -1: inherited */
	uint64_t	 es_generation;
	void		(*es_prepare)(void);	/* called in the new process */
};

/*
 * Start a program of LIBEXECDIR, with its channel as descriptor 3 and stream
 * as 0 and 1 (-1: the null device); 2 is the null device.  argv[0] is shown by
 * ps(1).  The ids are changed before exec (NULL: kept).  The caller's
 * descriptors stay open.  Return the pid, or -1 with errno; an error in the
 * child is a MSG_LOG over its channel.
 */
pid_t	 exec_program(const char *program, char *const argv[], int stream,
	    int channel, const struct exec_ids *ids);

/*
 * Start a table process as smtpd does: argv[0] is the name of the table,
 * argv[1] its configuration unless that is ""; stream becomes 0 and 1, output
 * becomes 2 (-1: the null device).  Return as above.
 */
pid_t	 exec_table(const char *path, const char *name, const char *config,
	    int stream, int output, const struct exec_ids *ids);

/*
 * Start popd again, with this one's environment, ids and standard descriptors,
 * or in a new session if es_output is set.  The caller's descriptors stay
 * open.  Its pid is *pid; its parent is a witness, which ends as it does.  The
 * new popd is a child of init, or of a service manager, which waits for no
 * others, from the moment in which the witness is killed.  Return the pid of
 * the witness, or -1 with errno; an error of execv(2) goes to standard error.
 */
pid_t	 exec_self(const struct exec_self *, pid_t *pid);

#endif
