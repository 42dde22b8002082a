/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The administrator's files.  See file.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <confine.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "limits.h"
#include "log.h"
#include "settings.h"

/* Links and directories on the way to a file, and links in all, as of Linux. */
#define WAY_MAX		64
#define WAY_LINKS_MAX	40

static const char *
owner_unsafe(const struct stat *st)
{
	if (st->st_uid == 0 || st->st_uid == settings.uid)
		return (NULL);
	return (settings.uid == 0 ? "not owned by root" :
	    "owned neither by root nor by the user of popd");
}

/* Return NULL, or why this file must not decide who may log in. */
static const char *
file_unsafe(const struct stat *st)
{
	if ((st->st_mode & S_IWOTH) != 0)
		return ("world-writable");
	if ((st->st_mode & S_IWGRP) != 0)
		return ("group-writable");
	return (owner_unsafe(st));
}

/*
 * Return NULL, or why somebody else may choose what an entry of this directory
 * is.  In one like /tmp he cannot replace a directory of ours.
 */
static const char *
entry_unsafe(const struct stat *dir, const struct stat *st)
{
	const char	*why;

	if ((dir->st_mode & S_ISVTX) == 0 || !S_ISDIR(st->st_mode))
		return (file_unsafe(dir));
	return ((why = owner_unsafe(dir)) != NULL ? why : owner_unsafe(st));
}

/* Put what a link in dir says into to.  Return 0, or -1. */
static int
way_link(const char *name, const char *dir, char *to, size_t size)
{
	char	 target[PATH_LEN_MAX];
	ssize_t	 len;
	int	 n;

	if ((len = readlink(name, target, sizeof(target) - 1)) == -1)
		return (-1);
	target[len] = '\0';
	n = snprintf(to, size, "%s%s%s", target[0] == '/' ? "" : dir,
	    target[0] == '/' ? "" : "/", target);
	return (n >= 0 && (size_t)n < size ? 0 : -1);
}

/*
 * Check each directory on the way to a file and to what links name, as sshd
 * does.  Return NULL, or the directory and the reason, in why.  What cannot be
 * looked at, open(2) cannot either.
 */
static const char *
way_check(const char *name, unsigned int depth, unsigned int *links, char *why,
    size_t size)
{
	char		 path[PATH_LEN_MAX], dir[PATH_LEN_MAX];
	struct stat	 st, above;
	const char	*wrong;

	strlcpy(path, name, sizeof(path));
	strlcpy(dir, dirname(path), sizeof(dir));
	if (depth == WAY_MAX)
		return (strerror(ELOOP));
	if (strcmp(dir, name) != 0 &&
	    (wrong = way_check(dir, depth + 1, links, why, size)) != NULL)
		return (wrong);
	if (lstat(name, &st) == -1 || stat(dir, &above) == -1)
		return (NULL);
	if ((wrong = entry_unsafe(&above, &st)) != NULL) {
		snprintf(why, size, "%s: %s", dir, wrong);
		return (why);
	}
	if (!S_ISLNK(st.st_mode))
		return (NULL);
	if ((*links)++ == WAY_LINKS_MAX)
		return (strerror(ELOOP));
	if (way_link(name, dir, path, sizeof(path)) == -1)
		return (strerror(ENAMETOOLONG));
	return (way_check(path, depth + 1, links, why, size));
}

/* Check an open file, so that the target of a symbolic link counts. */
static const char *
file_check(int fd, int flags, const char *name, struct stat *st)
{
	const char	*why;

	if (fstat(fd, st) == -1 || !S_ISREG(st->st_mode))
		return ("not a regular file");
	if ((flags & FILE_DECIDES) != 0 && (why = file_unsafe(st)) != NULL)
		return (why);
	if ((st->st_mode & S_IRWXO) != 0 && (flags & FILE_PRIVATE) != 0)
		return ("world accessible");
	if ((st->st_mode & S_IRGRP) != 0 && st->st_gid != 0 &&
	    st->st_gid != getgid() && (flags & FILE_PRIVATE) != 0)
		log_warnx("%s: mode %04o: group %u can read it", name,
		    (unsigned int)(st->st_mode & 07777),
		    (unsigned int)st->st_gid);
	if ((st->st_mode & S_IRWXO) != 0 && (flags & FILE_SECRET) != 0)
		log_warnx("%s: mode %04o: world accessible", name,
		    (unsigned int)(st->st_mode & 07777));
	return (NULL);
}

int
file_open(const char *name, int flags, struct stat *st, char *why,
    size_t size)
{
	char		 way[PATH_LEN_MAX + 64];
	const char	*wrong;
	unsigned int	 links = 0;
	int		 fd;

	if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		return (-1);
	}
	if ((wrong = way_check(name, 0, &links, way, sizeof(way))) != NULL ||
	    (wrong = file_check(fd, flags, name, st)) != NULL) {
		snprintf(why, size, "%s: %s", name, wrong);
		close(fd);
		return (-1);
	}
	return (fd);
}

int
file_unveil(const char *path, const char *permissions)
{
	return (unveil(path, permissions) == -1 && errno != ENOENT ? -1 : 0);
}
