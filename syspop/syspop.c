/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * syspop: the users of this system, by bsd_auth(3) or PAM and getpwnam(3).
 * In: questions of tabpop, for which this is a table process like others, but
 * with a service of popd's own that can also answer "user known, password
 * wrong".  Out: their answers.  No network, no mail, and no hash that it does
 * not look up itself.  It is started only if popd.conf says `system'.
 *
 * Passwords are checked by code that the administrator chose: it may hang,
 * crash, leak or start programs.  So each question is answered by a process of
 * its own, in its own process group, which is killed after SYSTEM_SECONDS: a
 * failure costs one login.  There are no more than tabpop asks at once.
 *
 * A compromised syspop may try any password of this system's users, see those
 * they log in with, call any of them right, and on Linux, where it has to be
 * root, more: see compat/system_confine.c.  Only tabpop can reach it, with
 * lines of 1,000 octets.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <system_auth.h>

#include "account.h"
#include "limits.h"
#include "question.h"
#include "version.h"

/* Where the child writes its answer. */
#define CHILD_PIPE	3

/* Open questions, and children that were killed but not reaped yet. */
#define SLOTS		(2 * TABLE_WINDOW)

/* How often to try to reap those, in ms. */
#define REAP_MS		50

struct asked {
	pid_t			 as_pid;	/* pid and process group; 0:
						   free */
	int			 as_fd;		/* pipe of the answer; -1:
						   answered */
	long long		 as_end;	/* deadline in ms */
	enum question_kind	 as_kind;
	char			 as_id[9];
};

static struct {
	const char	*below;
	int		 null;
	size_t		 len;
	struct asked	 asked[SLOTS];
	char		 in[SYSTEM_LINE_MAX];
} syspop;

static long long
syspop_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec * 1000LL + now.tv_nsec / 1000000);
}

/* Kill all children and exit. */
static void __attribute__((__noreturn__))
syspop_end(int status, const char *why)
{
	size_t	 i;

	for (i = 0; i < SLOTS; i++)
		if (syspop.asked[i].as_pid != 0)
			kill(-syspop.asked[i].as_pid, SIGKILL);
	if (why != NULL)
		syslog(LOG_ERR, "%s", why);
	exit(status);
}

/* Write it all; tabpop always reads. */
static void
syspop_say(const char *text)
{
	size_t	 len = strlen(text);
	ssize_t	 n;

	while (len > 0) {
		n = write(STDOUT_FILENO, text, len);
		if (n == -1 && errno != EINTR)
			syspop_end(0, NULL);
		if (n == -1)
			continue;
		text += n;
		len -= (size_t)n;
	}
}

static void
asked_say(const struct asked *as, const struct account_answer *an)
{
	static const char	*const results[] = {
		[ACCOUNT_FOUND] = "found",
		[ACCOUNT_WRONG] = "wrong",
		[ACCOUNT_NONE] = "not-found",
		[ACCOUNT_ERROR] = "error"
	};
	char			 line[sizeof(an->an_value) + 64];

	snprintf(line, sizeof(line), "%s|%s|%s%s%s\n",
	    as->as_kind == QUESTION_CHECK ? "system-result" : "lookup-result",
	    as->as_id, results[an->an_result],
	    an->an_value[0] == '\0' ? "" : "|", an->an_value);
	syspop_say(line);
}

/* Answer with a temporary failure and the reason. */
static void
asked_fail(const struct asked *as, const char *why)
{
	struct account_answer	 an;

	memset(&an, 0, sizeof(an));
	an.an_result = ACCOUNT_ERROR;
	strlcpy(an.an_value, why, sizeof(an.an_value));
	asked_say(as, &an);
}

/* Kill the child and all it has started. */
static void
asked_end(struct asked *as)
{
	kill(-as->as_pid, SIGKILL);
	close(as->as_fd);
	as->as_fd = -1;
}

/* Read a child's answer; anything else but a whole one is a failure. */
static void
asked_readable(struct asked *as)
{
	struct account_answer	 an;
	ssize_t			 n;

	n = read(as->as_fd, &an, sizeof(an));
	if (n == -1 && errno == EINTR)
		return;
	if (n == (ssize_t)sizeof(an) && an.an_result <= ACCOUNT_ERROR &&
	    memchr(an.an_value, '\0', sizeof(an.an_value)) != NULL)
		asked_say(as, &an);
	else
		asked_fail(as, "the process that asked the system died");
	asked_end(as);
}

/*
 * The child of one question: it inherits nothing but its pipe, and output of
 * third-party code does not get into that.
 */
static void __attribute__((__noreturn__))
child_run(struct question *qu, int fd)
{
	struct account_answer	 an;

	setpgid(0, 0);
	closelog();
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	explicit_bzero(syspop.in, sizeof(syspop.in));
	if (dup2(syspop.null, STDIN_FILENO) == -1 ||
	    dup2(syspop.null, STDOUT_FILENO) == -1 ||
	    (fd != CHILD_PIPE && dup2(fd, CHILD_PIPE) == -1) ||
	    fcntl(CHILD_PIPE, F_SETFD, FD_CLOEXEC) == -1)
		_exit(1);
	closefrom(CHILD_PIPE + 1);
	/* Third-party modules log under the name of popd. */
	openlog("popd", LOG_PID, LOG_AUTH);
	/* In case syspop dies and cannot kill it. */
	alarm(SYSTEM_SECONDS + 1);
	account_answer(qu, syspop.below, &an);
	_exit(write(CHILD_PIPE, &an, sizeof(an)) == sizeof(an) ? 0 : 1);
}

static void
asked_new(struct asked *as, struct question *qu)
{
	int	 fds[2];

	as->as_kind = qu->qu_kind;
	strlcpy(as->as_id, qu->qu_id, sizeof(as->as_id));
	if (pipe(fds) == -1) {
		asked_fail(as, "cannot create a pipe");
		return;
	}
	if ((as->as_pid = fork()) == 0)
		child_run(qu, fds[1]);
	close(fds[1]);
	if (as->as_pid == -1) {
		as->as_pid = 0;
		close(fds[0]);
		asked_fail(as, "cannot fork");
		return;
	}
	/* In both processes: either may be first. */
	setpgid(as->as_pid, as->as_pid);
	as->as_fd = fds[0];
	as->as_end = syspop_clock() + SYSTEM_SECONDS * 1000LL;
}

/* Return a free slot, or NULL. */
static struct asked *
asked_free(void)
{
	size_t	 i;

	for (i = 0; i < SLOTS; i++)
		if (syspop.asked[i].as_pid == 0)
			return (&syspop.asked[i]);
	return (NULL);
}

static void
syspop_line(const char *line)
{
	struct question	 qu;

	if (question_parse(line, &qu) == -1)
		syspop_end(1, "invalid line");
	switch (qu.qu_kind) {
	case QUESTION_GREETING:
		break;
	case QUESTION_READY:
		syspop_say("register|system\nregister|userinfo\n"
		    "register|ready\n");
		break;
	case QUESTION_CHECK:
	case QUESTION_USERINFO:
		asked_new(asked_free(), &qu);
		break;
	}
	explicit_bzero(&qu, sizeof(qu));
}

/*
 * Handle all complete lines while a slot is free; killed children keep theirs
 * until they are reaped.
 */
static void
syspop_lines(void)
{
	char	*line = syspop.in, *end = NULL;
	size_t	 left = syspop.len;

	while (asked_free() != NULL &&
	    (end = memchr(line, '\n', left)) != NULL) {
		left -= (size_t)(end + 1 - line);
		*end = '\0';
		if (strlen(line) != (size_t)(end - line))
			syspop_end(1, "NUL in a line");
		syspop_line(line);
		line = end + 1;
	}
	if (left == sizeof(syspop.in) && memchr(line, '\n', left) == NULL)
		syspop_end(1, "line too long");
	memmove(syspop.in, line, left);
	syspop.len = left;
	explicit_bzero(syspop.in + left, sizeof(syspop.in) - left);
}

/* Input from tabpop, or end of file. */
static void
syspop_readable(void)
{
	ssize_t	 n;

	n = read(STDIN_FILENO, syspop.in + syspop.len,
	    sizeof(syspop.in) - syspop.len);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		syspop_end(0, NULL);
	syspop.len += (size_t)n;
}

/* Kill what takes too long, and reap what has ended. */
static void
syspop_expire(void)
{
	long long	 now = syspop_clock();
	struct asked	*as;

	for (as = syspop.asked; as < syspop.asked + SLOTS; as++) {
		if (as->as_pid == 0)
			continue;
		if (as->as_fd != -1 && as->as_end <= now) {
			asked_fail(as, "the system did not answer in time");
			asked_end(as);
		}
		if (as->as_fd == -1 &&
		    waitpid(as->as_pid, NULL, WNOHANG) != 0)
			as->as_pid = 0;
	}
}

/* Milliseconds until the next deadline or reaping, -1 for none. */
static int
syspop_timeout(void)
{
	long long	 now = syspop_clock(), next = -1, wait;
	struct asked	*as;

	for (as = syspop.asked; as < syspop.asked + SLOTS; as++) {
		if (as->as_pid == 0)
			continue;
		wait = as->as_fd == -1 ? REAP_MS : as->as_end - now;
		if (wait < 0)
			wait = 0;
		if (next == -1 || wait < next)
			next = wait;
	}
	return ((int)next);
}

static void
syspop_turn(void)
{
	struct pollfd	 pfd[SLOTS + 1];
	size_t		 i;

	for (i = 0; i <= SLOTS; i++) {
		pfd[i].fd = i < SLOTS ? syspop.asked[i].as_fd :
		    asked_free() != NULL ? STDIN_FILENO : -1;
		pfd[i].events = POLLIN;
		pfd[i].revents = 0;
	}
	if (poll(pfd, SLOTS + 1, syspop_timeout()) == -1) {
		if (errno != EINTR)
			syspop_end(1, "poll");
		return;
	}
	for (i = 0; i < SLOTS; i++)
		if (pfd[i].revents != 0)
			asked_readable(&syspop.asked[i]);
	if (pfd[SLOTS].revents != 0)
		syspop_readable();
	syspop_expire();
	/* New lines, and those that waited for a slot. */
	syspop_lines();
}

static void
syspop_start(void)
{
	const char	*why;
	size_t		 i;

	for (i = 0; i < SLOTS; i++)
		syspop.asked[i].as_fd = -1;
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	openlog("syspop", LOG_PID | LOG_PERROR | LOG_NDELAY, LOG_DAEMON);
	if ((syspop.null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC)) == -1)
		syspop_end(1, _PATH_DEVNULL);
	if ((why = system_auth_confine()) != NULL) {
		syslog(LOG_ERR, "%s%s%s", why, errno == 0 ? "" : ": ",
		    errno == 0 ? "" : strerror(errno));
		exit(1);
	}
}

int
main(int argc, char *argv[])
{
	struct stat	 st;

	version_flag(argc, argv, "syspop");
	if (argc > 2 || fstat(STDIN_FILENO, &st) == -1 ||
	    !S_ISSOCK(st.st_mode))
		errx(1, "must not be started by hand: see popd(8)");
	syspop.below = argc == 2 ? argv[1] : "";
	syspop_start();
	for (;;)
		syspop_turn();
}
