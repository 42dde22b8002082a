/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Dotlocks of a spool.  See dotlock.h. */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dotlock.h"
#include "limits.h"
#include "log.h"
#include "setting.h"

/* Its socket replaces standard input. */
#define KEEPER_FD	0


/* Answers beside 0 and an errno: taken after a lock was removed. */
#define KEEPER_DEAD	(-1)
#define KEEPER_OLD	(-2)

static struct {
	char		 host[256];
	int		 stale;		/* a lock that does not hold, or -1 */
	int		 why;		/* KEEPER_DEAD or KEEPER_OLD */
	struct stat	 was;
} dotlock = { .stale = -1 };

/* Return whether a lock is of a process of this host that has ended. */
static int
keeper_dead(int fd)
{
	char		 text[320], *host = text;
	const char	*pid, *errstr;
	ssize_t		 n = read(fd, text, sizeof(text) - 1);
	pid_t		 id;

	text[n == -1 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	pid = strsep(&host, ":");
	if (host == NULL || strcmp(host, dotlock.host) != 0)
		return (0);
	id = (pid_t)strtonum(pid, 1, INT_MAX, &errstr);
	return (errstr == NULL && kill(id, 0) == -1 && errno == ESRCH);
}

/* See whether there is a lock that does not hold, before we are confined. */
static void
keeper_judge(const char *lock)
{
	int	 flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int64_t	 age;
	int	 fd;

	/* On NFS only what can be written can be locked. */
	if ((fd = open(lock, O_RDWR | flags)) == -1 &&
	    (fd = open(lock, O_RDONLY | flags)) == -1)
		return;
	if (fstat(fd, &dotlock.was) == 0 && S_ISREG(dotlock.was.st_mode) &&
	    dotlock.was.st_nlink > 0) {
		/* A clock may have been wrong. */
		age = llabs((long long)time(NULL) - dotlock.was.st_mtime);
		dotlock.why = keeper_dead(fd) ? KEEPER_DEAD :
		    age > setting(SETTING_DOTLOCK) ? KEEPER_OLD : 0;
	}
	if (dotlock.why != 0)
		dotlock.stale = fd;
	else
		close(fd);
}

/*
 * Remove the lock if it is still the one that does not hold.  Of several
 * keepers that found it only one can, as the first one locks it until it ends.
 */
static int
keeper_break(const char *lock)
{
	struct stat	 st;

	return (dotlock.stale != -1 &&
	    flock(dotlock.stale, LOCK_EX | LOCK_NB) == 0 &&
	    fstat(dotlock.stale, &st) == 0 &&
	    st.st_nlink == dotlock.was.st_nlink &&
	    st.st_mtime == dotlock.was.st_mtime && unlink(lock) == 0);
}

/*
 * O_EXCL works on NFS since version 3.  The file names the lock's owner, as
 * Dovecot's do, for programs that check whether it is alive.  An empty one will
 * do: a spool should be emptied even when the disk is full.
 */
static int
keeper_take(const char *lock)
{
	char	 text[320];
	int	 flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, fd, n, r = 0;

	fd = open(lock, flags, 0644);
	if (fd == -1 && errno == EEXIST && keeper_break(lock)) {
		r = dotlock.why;
		fd = open(lock, flags, 0644);
	}
	if (fd == -1)
		return (errno);
	n = snprintf(text, sizeof(text), "%ld:%s\n", (long)getpid(),
	    dotlock.host);
	while (write(fd, text, (size_t)n) == -1 && errno == EINTR)
		continue;
	close(fd);
	return (r);
}

/* Reduce a path to its directory, in place. */
static const char *
keeper_dir(char *path)
{
	char	*slash = strrchr(path, '/');

	if (slash == NULL)
		return (".");
	slash[slash == path ? 1 : 0] = '\0';
	return (path);
}

/* Restrict the keeper to files of this directory, without reading any. */
static int
keeper_confine(const char *lock)
{
	char	 dir[PATH_LEN_MAX];

	strlcpy(dir, lock, sizeof(dir));
	if (unveil(keeper_dir(dir), "wc") == -1 ||
	    unveil(NULL, NULL) == -1 ||
	    pledge("stdio wpath cpath flock", NULL) == -1)
		return (errno);
	return (0);
}

/* Answer each request with an errno, or 0. */
static void __attribute__((__noreturn__))
keeper_run(const char *lock)
{
	int	 error, confined, held = 0;
	char	 request;

	if (gethostname(dotlock.host, sizeof(dotlock.host) - 1) == -1)
		*dotlock.host = '\0';
	keeper_judge(lock);
	confined = keeper_confine(lock);
	while (read(KEEPER_FD, &request, 1) == 1) {
		error = confined;
		if (error == 0 && !held) {
			error = keeper_take(lock);
			held = error <= 0;
		}
		if (write(KEEPER_FD, &error, sizeof(error)) == -1)
			break;
	}
	if (held)
		(void)unlink(lock);
	_exit(0);
}

int
dotlock_start(struct dotlock *dk, const char *spool)
{
	char	 lock[PATH_LEN_MAX];
	int	 fds[2], n;

	dk->dk_fd = -1;
	n = snprintf(lock, sizeof(lock), "%s.lock", spool);
	if (n < 0 || (size_t)n >= sizeof(lock)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return (-1);
	if ((dk->dk_pid = fork()) == -1) {
		close(fds[0]);
		close(fds[1]);
		return (-1);
	}
	if (dk->dk_pid == 0) {
		/* The keeper needs no other descriptor, such as the spool. */
		if (dup2(fds[1], KEEPER_FD) == -1)
			_exit(1);
		closefrom(KEEPER_FD + 1);
		keeper_run(lock);
	}
	close(fds[1]);
	dk->dk_fd = fds[0];
	return (0);
}

int
dotlock_take(const struct dotlock *dk)
{
	char	 request = 0;
	int	 error;

	if (write(dk->dk_fd, &request, 1) != 1 ||
	    read(dk->dk_fd, &error, sizeof(error)) != sizeof(error)) {
		errno = EIO;
		return (-1);
	}
	if (error == KEEPER_DEAD)
		log_warnx("spool: the dotlock of a process that has ended "
		    "was removed");
	else if (error == KEEPER_OLD)
		log_warnx("spool: a dotlock unchanged for %u seconds was "
		    "removed", setting(SETTING_DOTLOCK));
	errno = error;
	return (error <= 0 ? 0 : -1);
}

void
dotlock_stop(struct dotlock *dk)
{
	if (dk->dk_fd == -1)
		return;
	close(dk->dk_fd);
	dk->dk_fd = -1;
	while (waitpid(dk->dk_pid, NULL, 0) == -1 && errno == EINTR)
		continue;
}
