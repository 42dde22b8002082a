/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Starting programs: the only place where popd gives up or passes on root's
 * privileges.
 */

#include <sys/types.h>
#include <sys/wait.h>

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
#include "lastword.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "settings.h"
#include "version.h"

static struct {
	int	 null;			/* the null device, for all children */
	int	 channel;		/* in a child: its channel, or -1 */
} exec = { -1, -1 };

int
exec_init(void)
{
	exec.null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	return (exec.null == -1 ? -1 : 0);
}

/*
 * End a child: log the step that failed over its channel, or to the standard
 * error of a table process or a new popd.
 */
static void __attribute__((__noreturn__))
exec_fail(const char *step, const char *why)
{
	if (exec.channel != -1)
		lastword_log(exec.channel, step, why);
	else
		warnx("%s: %s", step, why);
	_exit(1);
}

/* As exec_fail(), with errno. */
static void __attribute__((__noreturn__))
exec_complain(const char *step)
{
	exec_fail(step, strerror(errno));
}

/* Move fd to a fixed number, open across exec. */
static void
exec_place(int fd, int number)
{
	if (fd == number) {
		if (fcntl(fd, F_SETFD, 0) == -1)
			exec_complain("fcntl");
	} else if (dup2(fd, number) == -1)
		exec_complain("dup2");
}

/* Drop privileges, and verify it, before the program runs. */
static void
exec_become(const struct exec_ids *ids)
{
	const char	*why;

	if (ids->ei_uid == 0 || ids->ei_gid == 0)
		exec_fail("ids", "root's");
	if (setgroups(1, &ids->ei_gid) == -1)
		exec_complain("setgroups");
	if (setresgid(ids->ei_gid, ids->ei_gid, ids->ei_gid) == -1)
		exec_complain("setresgid");
	if (setresuid(ids->ei_uid, ids->ei_uid, ids->ei_uid) == -1)
		exec_complain("setresuid");
	if ((why = ids_prove(ids->ei_uid, ids->ei_gid)) != NULL)
		exec_fail("ids", why);
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

	exec.channel = channel;
	/* Neither may be at the other's number. */
	if (channel < PROC_CHANNEL || stream == PROC_CHANNEL)
		exec_fail("descriptors", "in conflict");
	if (stream == -1)
		stream = exec.null;
	/* The programs log through their channel. */
	exec_place(exec.null, STDERR_FILENO);
	exec_place(stream, STDIN_FILENO);
	exec_place(stream, STDOUT_FILENO);
	exec_place(channel, PROC_CHANNEL);
	exec.channel = PROC_CHANNEL;
	closefrom(PROC_CHANNEL + 1);
	if (ids != NULL)
		exec_become(ids);
	execve(path, argv, env);
	exec_complain(path);
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

	exec_place(output == -1 ? exec.null : output, STDERR_FILENO);
	if (stream <= STDERR_FILENO)
		exec_fail("descriptors", "in conflict");
	exec_place(stream, STDIN_FILENO);
	exec_place(stream, STDOUT_FILENO);
	closefrom(STDERR_FILENO + 1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	if (ids != NULL)
		exec_become(ids);
	execve(path, argv, env);
	log_warn("%s", path);
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

/*
 * Move sockets and channel to INHERIT_FIRST and above: first all of them past
 * that range, as one may be at the number of another.
 */
static void
exec_pass(const struct exec_self *es)
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

static void
exec_successor(const struct exec_self *es)
{
	if (es->es_output != -1) {
		exec_place(es->es_output, STDERR_FILENO);
		setsid();
	}
	exec_pass(es);
	exec_variable(INHERIT_SOCKETS, es->es_count);
	exec_variable(INHERIT_PID, (unsigned long long)getpid());
	exec_variable(INHERIT_CHANNEL, INHERIT_FIRST + es->es_count);
	exec_variable(INHERIT_GENERATION, es->es_generation);
	es->es_prepare();
	/* Until the new popd handles it. */
	signal(SIGUSR2, SIG_IGN);
	if (chdir(es->es_dir) == -1)
		warn("%s", es->es_dir);
	execv(es->es_path, es->es_argv);
	exec_complain(es->es_path);
}

/* Tell the pid of the new popd, wait for it, and end as it does. */
static void __attribute__((__noreturn__))
exec_witness(const struct exec_self *es, int told)
{
	static const int	 signals[] = { SIGHUP, SIGINT, SIGTERM,
				    SIGUSR1, SIGUSR2 };
	pid_t			 pid;
	size_t			 i;
	int			 status;

	if ((pid = fork()) == 0)
		exec_successor(es);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
	if (pid == -1 || write(told, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	closefrom(STDERR_FILENO + 1);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			_exit(1);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	_exit(1);
}

pid_t
exec_self(const struct exec_self *es, pid_t *pid)
{
	pid_t	 witness;
	int	 fds[2], told;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return (-1);
	if ((witness = fork()) == 0)
		exec_witness(es, fds[1]);
	close(fds[1]);
	told = witness != -1 && read(fds[0], pid, sizeof(*pid)) == sizeof(*pid);
	close(fds[0]);
	if (witness == -1 || told)
		return (witness);
	(void)waitpid(witness, NULL, 0);
	errno = EAGAIN;
	return (-1);
}
