/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * syspop: the users of this system, by bsd_auth(3) or PAM and getpwnam(3).
 * In: questions of tabpop, for which this is a table process like others, but
 * with a service of its own that also says "there is such a user, and that is
 * not his password".  Out: their answers.  No network, no mail, no hash that
 * it does not look up itself; it starts only where popd.conf says `system'.
 *
 * What checks a password is code that the admin chose: it may hang, crash,
 * leave things behind, or start programs.  So each question is answered by a
 * process of its own, that ends with it, in a process group that is killed
 * after SYSTEM_SECONDS: this costs the one login.  Not more are there than
 * tabpop asks at once.
 *
 * In the wrong hands it may try any password of this system's users and see
 * those that they log in with, say of each that it is right, and on Linux,
 * where it has to be root, more: see compat/system_confine.c.  All that can
 * reach it is tabpop, by lines of 1,000 octets.
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

/* Where a child of ours has its answer's pipe. */
#define CHILD_PIPE	3

/* Questions, and processes of answered ones that have not ended yet. */
#define SLOTS		(2 * TABLE_WINDOW)

/* How often those are looked for, in ms. */
#define REAP_MS		50

struct asked {
	pid_t			 as_pid;	/* and process group; 0: none */
	int			 as_fd;		/* -1: it is answered */
	long long		 as_end;	/* in ms, then it is killed */
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


/* All that is under way ends with us. */
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

/* Whole, as tabpop always reads. */
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
	char	 line[sizeof(an->an_value) + 64];

	snprintf(line, sizeof(line), "%s|%s|%s%s%s\n",
	    as->as_kind == QUESTION_CHECK ? "system-result" : "lookup-result",
	    as->as_id, results[an->an_result],
	    an->an_value[0] == '\0' ? "" : "|", an->an_value);
	syspop_say(line);
}

/* It has no answer for now, and why that is. */
static void
asked_fail(const struct asked *as, const char *why)
{
	struct account_answer	 an;

	memset(&an, 0, sizeof(an));
	an.an_result = ACCOUNT_ERROR;
	strlcpy(an.an_value, why, sizeof(an.an_value));
	asked_say(as, &an);
}

/* Its process, and what that has started, has nothing more to do. */
static void
asked_end(struct asked *as)
{
	kill(-as->as_pid, SIGKILL);
	close(as->as_fd);
	as->as_fd = -1;
}

/* What a process of ours has to say; anything else, and nothing, is none. */
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
		asked_fail(as, "the process that asked the system has died");
	asked_end(as);
}

/*
 * The process of one question: nothing of ours but its pipe, and no words of
 * others in it.
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
	/* What a module has to say is said of popd. */
	openlog("popd", LOG_PID, LOG_AUTH);
	/* If nobody is left to kill it. */
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
		asked_fail(as, "no pipe");
		return;
	}
	if ((as->as_pid = fork()) == 0)
		child_run(qu, fds[1]);
	close(fds[1]);
	if (as->as_pid == -1) {
		as->as_pid = 0;
		close(fds[0]);
		asked_fail(as, "no process");
		return;
	}
	/* As it does itself: whoever comes first. */
	setpgid(as->as_pid, as->as_pid);
	as->as_fd = fds[0];
	as->as_end = syspop_clock() + SYSTEM_SECONDS * 1000LL;
}

static void
syspop_ask(struct question *qu)
{
	size_t	 i;

	for (i = 0; i < SLOTS; i++)
		if (syspop.asked[i].as_pid == 0)
			break;
	if (i == SLOTS)
		syspop_end(1, "too many questions");
	asked_new(&syspop.asked[i], qu);
}

static void
syspop_line(const char *line)
{
	struct question	 qu;

	if (question_parse(line, &qu) == -1)
		syspop_end(1, "a line that makes no sense");
	switch (qu.qu_kind) {
	case QUESTION_GREETING:
		break;
	case QUESTION_READY:
		syspop_say("register|system\nregister|userinfo\n"
		    "register|ready\n");
		break;
	case QUESTION_CHECK:
	case QUESTION_USERINFO:
		syspop_ask(&qu);
		break;
	}
	explicit_bzero(&qu, sizeof(qu));
}

/* tabpop has something to say, or is gone. */
static void
syspop_readable(void)
{
	char	*line = syspop.in, *end;
	size_t	 left;
	ssize_t	 n;

	n = read(STDIN_FILENO, syspop.in + syspop.len,
	    sizeof(syspop.in) - syspop.len);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		syspop_end(0, NULL);
	left = syspop.len += (size_t)n;
	while ((end = memchr(line, '\n', left)) != NULL) {
		left -= (size_t)(end + 1 - line);
		*end = '\0';
		if (strlen(line) != (size_t)(end - line))
			syspop_end(1, "a NUL");
		syspop_line(line);
		line = end + 1;
	}
	if (left == sizeof(syspop.in))
		syspop_end(1, "a line too long");
	memmove(syspop.in, line, left);
	syspop.len = left;
	explicit_bzero(syspop.in + left, sizeof(syspop.in) - left);
}

/* Those that take too long, and those that have ended. */
static void
syspop_look(void)
{
	long long	 now = syspop_clock();
	struct asked	*as;

	for (as = syspop.asked; as < syspop.asked + SLOTS; as++) {
		if (as->as_pid == 0)
			continue;
		if (as->as_fd != -1 && as->as_end <= now) {
			asked_fail(as, "no answer of the system in time");
			asked_end(as);
		}
		if (as->as_fd == -1 &&
		    waitpid(as->as_pid, NULL, WNOHANG) != 0)
			as->as_pid = 0;
	}
}

/* When to look again, in ms; -1: not without a word of anybody. */
static int
syspop_patience(void)
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
		pfd[i].fd = i == SLOTS ? STDIN_FILENO :
		    syspop.asked[i].as_fd;
		pfd[i].events = POLLIN;
		pfd[i].revents = 0;
	}
	if (poll(pfd, SLOTS + 1, syspop_patience()) == -1) {
		if (errno != EINTR)
			syspop_end(1, "poll");
		return;
	}
	for (i = 0; i < SLOTS; i++)
		if (pfd[i].revents != 0)
			asked_readable(&syspop.asked[i]);
	if (pfd[SLOTS].revents != 0)
		syspop_readable();
	syspop_look();
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
		syslog(LOG_ERR, "%s: %s", why, strerror(errno));
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
		errx(1, "not to be started by hand: see popd(8)");
	syspop.below = argc == 2 ? argv[1] : "";
	syspop_start();
	for (;;)
		syspop_turn();
}
