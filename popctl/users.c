/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Work for users, one process each.  In: progress and exit status of each.
 * Out: a progress line.  Users can stop, kill or starve their own process,
 * which must not hold up the others.
 */

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "popctl.h"
#include "terminal.h"
#include "userproc.h"
#include "users.h"
#include "where.h"

/* Milliseconds between checks of a silent process. */
#define USERS_LOOK_MS	500

/* Milliseconds between checks of an exiting process. */
#define USERS_END_MS	10

static struct {
	size_t		 all;		/* number of users */
	size_t		 done;
	size_t		 failed;
	volatile sig_atomic_t stop;	/* interrupted */
} users;

static void
users_signal(int sig)
{
	users.stop = 1;
}

/* Show progress on the terminal. */
static void
users_show(const char *user, const struct userproc_progress *pp)
{
	char	 of[TERMINAL_WIDTH] = "", name[LOG_QUOTE_MAX];

	if (pp->ug_total != 0)
		snprintf(of, sizeof(of), ", %.30s: %u of %u messages",
		    userproc_name(user, name, sizeof(name)), pp->ug_done,
		    pp->ug_total);
	if (users.all > 1)
		terminal_show("%zu of %zu users%s", users.done, users.all, of);
	else if (of[0] != '\0')
		terminal_show("%s", of + 2);
}

/* Report a failure for one user.  Returns the status. */
static int
users_fail(const char *user, const char *why)
{
	char	 name[LOG_QUOTE_MAX];

	terminal_clear();
	fprintf(stderr, "%s: %s\n", userproc_name(user, name, sizeof(name)),
	    why);
	return (USERS_FAILED);
}

/* Return the result of a process; set *why if it logged nothing itself. */
static int
users_status(int status, const char **why)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) <= USERS_DIFFER)
		return (WEXITSTATUS(status));
	*why = WIFSIGNALED(status) ? "killed by a signal" : "died";
	return (1);
}

/* Read progress from the pipe.  1, or 0 at its end. */
static int
users_listen(int fd, struct userproc_progress *pp, int *silent)
{
	struct pollfd			 pfd = { fd, POLLIN, 0 };
	struct userproc_progress	 news;
	ssize_t				 n;

	switch (poll(&pfd, 1, USERS_LOOK_MS)) {
	case -1:
		return (errno == EINTR);
	case 0:
		*silent += USERS_LOOK_MS;
		return (1);
	}
	n = read(fd, &news, sizeof(news));
	if (n == sizeof(news)) {
		*pp = news;
		*silent = 0;
	}
	return (n == sizeof(news) || (n == -1 && errno == EINTR));
}

/* After the end of its pipe, wait for the exit of a process.  1, or 0. */
static int
users_ended(pid_t pid, int *status)
{
	int	 ms;

	for (ms = 0; ms < USERS_STOP_SECONDS * 1000; ms += USERS_END_MS) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return (1);
		poll(NULL, 0, USERS_END_MS);
	}
	return (0);
}

/*
 * Wait for a user's process as long as it makes progress.  Returns the result
 * as users_status() does.
 */
static int
users_wait(const char *user, pid_t pid, int fd, const char **why)
{
	struct userproc_progress	 pp = { 0, 0 };
	int				 status, limit, silent = 0;

	users_show(user, &pp);
	while (users_listen(fd, &pp, &silent)) {
		users_show(user, &pp);
		/* Only its user can have stopped it. */
		if (waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
			if (!WIFSTOPPED(status))
				return (users_status(status, why));
			*why = "stopped by a signal: killed";
			break;
		}
		limit = users.stop ? USERS_STOP_SECONDS : USERS_QUIET_SECONDS;
		if (silent >= limit * 1000) {
			*why = "no progress: killed";
			break;
		}
	}
	if (*why == NULL) {
		if (users_ended(pid, &status))
			return (users_status(status, why));
		*why = "did not end: killed";
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			break;
	return (1);
}

/* Fork a user's process, with its pipe in pipefd[0].  -1 and errno on error. */
static pid_t
users_fork(const struct where_home *wh, const struct users_work *uw,
    int pipefd[2], int fd)
{
	pid_t		 pid;
	int		 error;

	if (pipe(pipefd) == -1)
		return (-1);
	if ((pid = fork()) == 0) {
		close(pipefd[0]);
		userproc_run(wh, uw, pipefd[1], fd);
	}
	error = errno;
	close(pipefd[1]);
	if (pid == -1)
		close(pipefd[0]);
	errno = error;
	return (pid);
}

static int
users_home(const struct where_home *wh, const struct users_work *uw)
{
	const char	*why = NULL;
	pid_t		 pid;
	int		 pipefd[2], status, fd = -1;

	if (uw->uw_file != NULL &&
	    (fd = uw->uw_file(uw->uw_arg, wh->wh_user)) == -1)
		return (1);
	if ((pid = users_fork(wh, uw, pipefd, fd)) == -1)
		why = strerror(errno);
	if (fd != -1)
		close(fd);
	if (pid == -1)
		return (users_fail(wh->wh_user, why));
	status = users_wait(wh->wh_user, pid, pipefd[0], &why);
	close(pipefd[0]);
	return (why != NULL ? users_fail(wh->wh_user, why) : status);
}

/* Report how many users are done.  Returns the status. */
static int
users_end(void)
{
	terminal_clear();
	if (users.stop)
		log_warnx("interrupted: %zu of %zu users done", users.done,
		    users.all);
	if (users.failed != 0)
		log_warnx("%zu of %zu users failed", users.failed, users.done);
	return (users.stop || users.failed != 0 ? USERS_FAILED : USERS_DONE);
}

static int
users_all(const struct where *wr, const struct users_work *uw)
{
	struct where_home	 wh;
	const char		*why;
	int			 status;

	where_unknown(wr);
	users.all = where_count(wr);
	for (; users.done < users.all && !users.stop; users.done++) {
		if ((why = where_nth(wr, users.done, &wh)) != NULL)
			status = users_fail(wh.wh_user, why);
		else
			status = users_home(&wh, uw);
		users.failed += status != 0;
		if (users.stop && status != 0)
			break;
	}
	return (users_end());
}

static int
users_one(const struct where *wr, const char *user,
    const struct users_work *uw)
{
	struct where_home	 wh;
	const char		*why;
	int			 status;

	users.all = 1;
	if ((why = where_user(wr, user, &wh)) != NULL)
		return (users_fail(user, why));
	status = users_home(&wh, uw);
	terminal_clear();
	if (users.stop)
		log_warnx("interrupted");
	return (users.stop && status == 0 ? 1 : status);
}

int
users_which(int argc, char *argv[], const char **user)
{
	int		 ch, all = 0;

	while ((ch = getopt(argc, argv, "+a")) != -1) {
		if (ch != 'a')
			return (-1);
		all = 1;
	}
	*user = all ? NULL : argv[optind];
	return (argc - optind == !all ? 0 : -1);
}

int
users_run(const struct popctl *ct, const char *user,
    const struct users_work *uw)
{
	struct sigaction	 sa;
	struct where		*wr;
	int			 status;

	if ((wr = where_open(ct)) == NULL)
		return (USERS_FAILED);
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = users_signal;
	if (sigaction(SIGINT, &sa, NULL) == -1 ||
	    sigaction(SIGTERM, &sa, NULL) == -1 ||
	    sigaction(SIGHUP, &sa, NULL) == -1)
		fatal("sigaction");
	status = user != NULL ? users_one(wr, user, uw) : users_all(wr, uw);
	where_close(wr);
	return (status);
}
