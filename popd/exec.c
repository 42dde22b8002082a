/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Starting a program: the one place of popd where root's power is handed
 * down or given up.
 */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <paths.h>
#include <stdio.h>
#include <unistd.h>

#include "exec.h"
#include "ids.h"
#include "limits.h"
#include "proc.h"

static struct {
	int	 null;			/* the null device, for all children */
} exec = { -1 };

int
exec_init(void)
{
	exec.null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	return (exec.null == -1 ? -1 : 0);
}

/* Put fd at a fixed number, open across exec. */
static void
exec_place(int fd, int number)
{
	if (fd == number) {
		if (fcntl(fd, F_SETFD, 0) == -1)
			_exit(1);
	} else if (dup2(fd, number) == -1)
		_exit(1);
}

/* Become the user; prove it before a byte of the program is run. */
static void
exec_become(const struct exec_ids *ids)
{
	if (ids->ei_uid == 0 || ids->ei_gid == 0 ||
	    setgroups(1, &ids->ei_gid) == -1 ||
	    setresgid(ids->ei_gid, ids->ei_gid, ids->ei_gid) == -1 ||
	    setresuid(ids->ei_uid, ids->ei_uid, ids->ei_uid) == -1)
		_exit(1);
	if (ids_prove(ids->ei_uid, ids->ei_gid) != NULL)
		_exit(1);
}

static void
exec_child(char *const argv[], const char *path, int stream, int channel,
    const struct exec_ids *ids)
{
	char	 env_path[] = "PATH=" _PATH_STDPATH, env_tz[] = "TZ=UTC";
	char	*env[] = { env_path, env_tz, NULL };

	/* Neither may lie where the other is to go. */
	if (channel < PROC_CHANNEL || stream == PROC_CHANNEL)
		_exit(1);
	if (stream == -1)
		stream = exec.null;
	/* What they have to say goes through their channel. */
	exec_place(exec.null, STDERR_FILENO);
	exec_place(stream, STDIN_FILENO);
	exec_place(stream, STDOUT_FILENO);
	exec_place(channel, PROC_CHANNEL);
	closefrom(PROC_CHANNEL + 1);
	if (ids != NULL)
		exec_become(ids);
	execve(path, argv, env);
	_exit(1);
}

pid_t
exec_program(const char *program, char *const argv[], int stream,
    int channel, const struct exec_ids *ids)
{
	char	 path[PATH_LEN_MAX];
	pid_t	 pid;
	int	 n;

	n = snprintf(path, sizeof(path), "%s/%s", LIBEXECDIR, program);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((pid = fork()) == 0)
		exec_child(argv, path, stream, channel, ids);
	return (pid);
}
