/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Dotlocks of a spool.  See dotlock.h. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dotlock.h"
#include "limits.h"

/* Its socket replaces standard input. */
#define KEEPER_FD	0

enum keeper_request { KEEPER_TAKE = 't', KEEPER_DROP = 'd' };

/*
 * O_EXCL works on NFS since version 3.  The file names the lock's owner, for
 * programs that check whether it is alive.  An empty one will do: a spool
 * should be emptied even when the disk is full.
 */
static int
keeper_take(const char *lock)
{
	char	 text[32];
	int	 fd, n;

	fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		return (errno);
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	while (write(fd, text, (size_t)n) == -1 && errno == EINTR)
		continue;
	close(fd);
	return (0);
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
	    pledge("stdio wpath cpath", NULL) == -1)
		return (errno);
	return (0);
}

/* Answer each request with an errno, or 0. */
static void __attribute__((__noreturn__))
keeper_run(const char *lock)
{
	int	 error, confined = keeper_confine(lock), held = 0;
	char	 request;

	while (read(KEEPER_FD, &request, 1) == 1) {
		error = confined;
		if (error == 0 && request == KEEPER_TAKE && !held) {
			error = keeper_take(lock);
			held = error == 0;
		} else if (held && request == KEEPER_DROP) {
			(void)unlink(lock);
			held = 0;
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

static int
dotlock_ask(const struct dotlock *dk, enum keeper_request what)
{
	char	 request = (char)what;
	int	 error;

	if (write(dk->dk_fd, &request, 1) != 1 ||
	    read(dk->dk_fd, &error, sizeof(error)) != sizeof(error)) {
		errno = EIO;
		return (-1);
	}
	errno = error;
	return (error == 0 ? 0 : -1);
}

int
dotlock_take(const struct dotlock *dk)
{
	return (dotlock_ask(dk, KEEPER_TAKE));
}

void
dotlock_drop(const struct dotlock *dk)
{
	(void)dotlock_ask(dk, KEEPER_DROP);
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
