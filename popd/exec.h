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
#include <stdint.h>

struct exec_ids {
	uid_t		 ei_uid;
	gid_t		 ei_gid;
};

/* Once, before the first: have the null device open.  0, or -1 and errno. */
int	 exec_init(void);

/* popd itself, started anew: see exec_self(). */
struct exec_self {
	const char	*es_path;
	const char	*es_dir;		/* where it was started */
	char *const	*es_argv;
	const int	*es_sockets;		/* inherit.h, as is the rest */
	unsigned int	 es_count;
	int		 es_channel;
	int		 es_output;		/* stderr; -1: as ours */
	uint64_t	 es_generation;
	void		(*es_prepare)(void);	/* called in the new process */
};

/*
 * Start a program of LIBEXECDIR with its channel at 3; argv[0] is what ps(1)
 * shows.  stream becomes 0 and
 * 1 (-1: the null device); 2 is the null device.  ids are taken on before
 * exec (NULL: kept).  Closes neither descriptor here.  Returns the pid, or
 * -1 and errno.
 */
pid_t	 exec_program(const char *program, char *const argv[], int stream,
	    int channel, const struct exec_ids *ids);

/*
 * Start a table process, as smtpd does: argv[0] is the name of the table,
 * argv[1] the configuration, none if that is ""; stream becomes 0 and 1, and
 * output 2 (-1: the null device).  Returns as above.
 */
pid_t	 exec_table(const char *path, const char *name, const char *config,
	    int stream, int output, const struct exec_ids *ids);

/*
 * Start popd again, with our environment, ids and first three descriptors,
 * and in a session of its own if es_output is given.  Closes no descriptor
 * here.  Returns the pid, or -1 and errno; that the program cannot be
 * executed is said on its standard error.
 */
pid_t	 exec_self(const struct exec_self *);

#endif
