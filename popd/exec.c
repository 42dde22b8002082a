/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Starting a program: the one place of popd where root's power is handed
 * down or given up.
 */

#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "ids.h"
#include "inherit.h"
#include "limits.h"
#include "msg.h"
#include "proc.h"
#include "settings.h"
#include "version.h"

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
	char	 env_protocol[sizeof(VERSION_PROTOCOL) + 16];
	char	*env[] = { env_path, env_tz, env_protocol, NULL };

	snprintf(env_protocol, sizeof(env_protocol), "%s=%08x",
	    VERSION_PROTOCOL, msg_protocol());

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

static void
exec_table_child(const char *path, char *const argv[], int stream,
    int output, const struct exec_ids *ids)
{
	char	 env_path[] = "PATH=" _PATH_STDPATH;
	char	*env[] = { env_path, NULL };

	if (stream <= STDERR_FILENO)
		_exit(1);
	exec_place(stream, STDIN_FILENO);
	exec_place(stream, STDOUT_FILENO);
	exec_place(output == -1 ? exec.null : output, STDERR_FILENO);
	closefrom(STDERR_FILENO + 1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	if (ids != NULL)
		exec_become(ids);
	execve(path, argv, env);
	_exit(127);
}

pid_t
exec_table(const char *path, const char *name, const char *config,
    int stream, int output, const struct exec_ids *ids)
{
	char	 title[PATH_LEN_MAX], text[PATH_LEN_MAX];
	char	*argv[] = { title, *config == '\0' ? NULL : text, NULL };
	pid_t	 pid;

	if (strlcpy(title, name, sizeof(title)) >= sizeof(title) ||
	    strlcpy(text, config, sizeof(text)) >= sizeof(text)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((pid = fork()) == 0)
		exec_table_child(path, argv, stream, output, ids);
	return (pid);
}

/* On standard error, which is what a new popd has of ours. */
static void __attribute__((__noreturn__))
exec_complain(const char *what)
{
	warn("%s", what);
	_exit(1);
}

/*
 * Sockets and the channel go to INHERIT_FIRST and after it, where one of them
 * may already be in the way of another: first all go to where none is to be.
 */
static void
exec_hand_down(const struct exec_self *es)
{
	int		 fds[ADDRESSES_MAX + 1], end;
	unsigned int	 i;

	end = INHERIT_FIRST + (int)es->es_count + 1;
	for (i = 0; i <= es->es_count; i++) {
		fds[i] = fcntl(i < es->es_count ? es->es_sockets[i] :
		    es->es_channel, F_DUPFD, end);
		if (fds[i] == -1)
			exec_complain("descriptors");
	}
	for (i = 0; i <= es->es_count; i++)
		exec_place(fds[i], INHERIT_FIRST + (int)i);
	closefrom(end);
}

static void
exec_variable(const char *name, unsigned long long value)
{
	char	 text[32];

	snprintf(text, sizeof(text), "%llu", value);
	if (setenv(name, text, 1) == -1)
		exec_complain(name);
}

pid_t
exec_self(const struct exec_self *es)
{
	pid_t	 pid;

	if ((pid = fork()) != 0)
		return (pid);
	if (es->es_output != -1) {
		exec_place(es->es_output, STDERR_FILENO);
		setsid();
	}
	exec_hand_down(es);
	exec_variable(INHERIT_SOCKETS, es->es_count);
	exec_variable(INHERIT_PID, (unsigned long long)getpid());
	exec_variable(INHERIT_CHANNEL, INHERIT_FIRST + es->es_count);
	exec_variable(INHERIT_GENERATION, es->es_generation);
	es->es_prepare();
	/* Until it knows what to make of it. */
	signal(SIGUSR2, SIG_IGN);
	if (chdir(es->es_dir) == -1)
		warn("%s", es->es_dir);
	execv(es->es_path, es->es_argv);
	exec_complain(es->es_path);
}
