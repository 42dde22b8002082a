/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A user's process: drops root privileges.  Code that reads files the user can
 * write runs only after userproc_confine().
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ids.h"
#include "log.h"
#include "maildrop.h"
#include "terminal.h"
#include "userproc.h"
#include "users.h"
#include "where.h"

/* Descriptors of a user's process, after the standard ones. */
#define OWN_PIPE	3
#define OWN_FILE	4
#define OWN_END		5

/* Milliseconds between progress messages. */
#define USERPROC_PROGRESS_MS	100

static struct {
	const char	*user;
	int		 pipe;
	int		 dir[USERS_DIRS];	/* for userproc_dir() */
	int		 dirs;
	int		 terminal;	/* standard error is one */
	int64_t		 said;		/* time of the last progress, in ms */
	volatile sig_atomic_t stop;	/* interrupted */
} userproc;

static void
userproc_signal(int sig)
{
	userproc.stop = 1;
}

const char *
userproc_name(const char *user, char *buf, size_t size)
{
	size_t	 len = strlen(user);

	/* Drop the quotes if nothing was escaped. */
	log_quote(user, buf, size);
	if (strlen(buf) == len + 2) {
		memmove(buf, buf + 1, len);
		buf[len] = '\0';
	}
	return (buf);
}

/* Prefix each line with the user. */
static void
userproc_log(int level, const char *text)
{
	char	 name[LOG_QUOTE_MAX];

	if (userproc.terminal)
		fprintf(stderr, "\r%*s\r", TERMINAL_WIDTH, "");
	fprintf(stderr, "%s: %s\n", userproc_name(userproc.user, name,
	    sizeof(name)), text);
}

/*
 * userproc_progress() reports an interrupt.  The terminal's stop signals are
 * left to the parent: if this process stops, its user did it, and it is killed.
 */
static void
userproc_signals(void)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = userproc_signal;
	if (sigaction(SIGINT, &sa, NULL) == -1 ||
	    sigaction(SIGTERM, &sa, NULL) == -1 ||
	    sigaction(SIGHUP, &sa, NULL) == -1)
		fatal("sigaction");
	signal(SIGTSTP, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* Keep only the pipe and fd, if not -1: the user must not inherit others. */
static void
userproc_descriptors(int *pipe, int *fd)
{
	/* First move both out of the way. */
	if ((*pipe = fcntl(*pipe, F_DUPFD, OWN_END)) == -1 ||
	    (*fd != -1 && (*fd = fcntl(*fd, F_DUPFD, OWN_END)) == -1) ||
	    (*pipe = dup2(*pipe, OWN_PIPE)) == -1 ||
	    (*fd != -1 && (*fd = dup2(*fd, OWN_FILE)) == -1))
		fatal("descriptors");
	closefrom(*fd == -1 ? OWN_FILE : OWN_END);
}

/* Become the user.  Without root, the user must be the caller. */
static void
userproc_become(const struct where_home *wh)
{
	const char	*why;
	uid_t		 uid = wh->wh_uid;
	gid_t		 gid = wh->wh_gid;

	if (geteuid() != 0) {
		if (uid != getuid() || uid != geteuid())
			fatalx("must be root to do this for other users");
		return;
	}
	if (setgroups(1, &gid) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		fatal("cannot become the user");
	if ((why = ids_prove(uid, gid)) != NULL)
		fatalx("%s", why);
}

/* wpath in any case: popcache is opened for writing where unveil(2) allows. */
static void
userproc_confine(int writes)
{
	if (unveil(".", writes ? "rwc" : "r") == -1 ||
	    unveil(NULL, NULL) == -1)
		fatal("unveil");
	if (pledge(writes ? "stdio rpath wpath cpath flock" :
	    "stdio rpath wpath flock", NULL) == -1)
		fatal("pledge");
}

/* Duplicate it now for userproc_dir(): our promises do not allow it later. */
static void
userproc_dirs(int dir)
{
	int	 i;

	for (i = 0; i < USERS_DIRS; i++)
		if ((userproc.dir[i] = dup(dir)) == -1)
			fatal("maildir");
	userproc.dirs = USERS_DIRS;
}

/* The maildir does not exist yet.  Returns the status. */
static int
userproc_none(const struct users_work *uw)
{
	if (uw->uw_none == NULL)
		return (0);
	log_warnx("%s", uw->uw_none);
	return (1);
}

void
userproc_run(const struct where_home *wh, const struct users_work *uw,
    int pipe, int fd)
{
	enum maildrop_error	 error;
	int			 dir, status = USERS_FAILED;

	userproc.user = wh->wh_user;
	userproc_descriptors(&pipe, &fd);
	userproc.pipe = pipe;
	/* Our promises do not allow isatty(3) later. */
	userproc.terminal = isatty(STDERR_FILENO);
	log_to(userproc_log);
	userproc_signals();
	if (fcntl(pipe, F_SETFL, O_NONBLOCK) == -1)
		fatal("pipe");
	umask(077);
	userproc_become(wh);

	if ((dir = maildrop_enter(wh->wh_maildir, wh->wh_home, &error)) != -1) {
		userproc_dirs(dir);
		userproc_confine(uw->uw_writes);
		status = uw->uw_run(uw->uw_arg, dir, fd);
	} else if (error == MAILDROP_NONE)
		status = userproc_none(uw);
	if (fflush(stdout) == EOF) {
		log_warn("standard output");
		status = USERS_FAILED;
	}
	_exit(status);
}

int
userproc_dir(void)
{
	if (userproc.dirs == 0) {
		errno = EMFILE;
		return (-1);
	}
	return (userproc.dir[--userproc.dirs]);
}

void
userproc_print(const char *format, ...)
{
	va_list	 ap;
	char	 name[LOG_QUOTE_MAX];

	printf("%s: ", userproc_name(userproc.user, name, sizeof(name)));
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

int
userproc_progress(uint32_t done, uint32_t total)
{
	struct userproc_progress	 pp = { done, total };
	struct timespec			 ts;
	int64_t				 now;

	if (userproc.stop)
		return (1);
	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		return (0);
	now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	if (now - userproc.said < USERPROC_PROGRESS_MS)
		return (0);
	userproc.said = now;
	/* If the pipe is full, losing a message is harmless. */
	if (write(userproc.pipe, &pp, sizeof(pp)) == -1)
		return (0);
	return (0);
}
