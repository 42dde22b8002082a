/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Open the maildir of a delivery, made where missing, before the process is
 * sandboxed.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "home.h"
#include "log.h"
#include "maildir.h"

/* Fail: the administrator can correct it, and mail waits. */
static int
home_fail(const char *path, const char *why)
{
	int		 saved = errno;

	log_warn("%s: %s", path, why);
	errno = saved;
	return (-1);
}

/* Make a directory below another.  1 if it was made, 0 if it existed. */
static int
home_mkdir(int fd, const char *name)
{
	if (mkdirat(fd, name, 0700) == 0)
		return (1);
	return (errno == EEXIST ? 0 : home_fail(name, "mkdir"));
}

static int
home_sync(int fd, const char *name)
{
	if (fsync(fd) == -1 && errno != EINVAL && errno != EOPNOTSUPP)
		return (home_fail(name, "fsync"));
	return (0);
}

/* Go down one level, made if missing; closes fd, unless it fails. */
static int
home_below(int fd, const char *name)
{
	int		 below, made;

	if ((made = home_mkdir(fd, name)) == -1 ||
	    (made && home_sync(fd, name) == -1))
		return (-1);
	below = openat(fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below == -1)
		return (home_fail(name, "cannot be opened"));
	close(fd);
	return (below);
}

/* Go down each part of a path. */
static int
home_subdir(int fd, const char *subdir)
{
	struct stat	 st;
	char		*copy, *rest, *name;
	int		 below = fd;

	if ((copy = rest = strdup(subdir)) == NULL)
		return (home_fail(subdir, "strdup"));
	while (below != -1 && (name = strsep(&rest, "/")) != NULL)
		if (name[0] != '\0')
			below = home_below(below, name);
	free(copy);
	if (below == -1)
		return (-1);
	if (fstat(below, &st) == -1 || st.st_uid != maildir_uid()) {
		errno = EPERM;
		return (home_fail(subdir, "is not owned by the user"));
	}
	return (below);
}

/* Check tmp/, new/ and cur/ with one call each; make missing ones. */
static int
home_parts(int fd)
{
	static const char *const	 part[] = { "tmp", "new", "cur" };
	struct stat			 st;
	size_t				 i;
	int				 one, made = 0;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (fstatat(fd, part[i], &st, AT_SYMLINK_NOFOLLOW) == -1) {
			if (errno != ENOENT)
				return (home_fail(part[i], "stat"));
			if ((one = home_mkdir(fd, part[i])) == -1)
				return (-1);
			made |= one;
		} else if (!S_ISDIR(st.st_mode)) {
			errno = ENOTDIR;
			return (home_fail(part[i], "stat"));
		}
	}
	return (made ? home_sync(fd, "maildir") : 0);
}

int
home_enter(const char *directory, const char *subdir)
{
	const char	*why;
	int		 fd;

	if ((fd = maildir_open(directory, &why)) == -1)
		return (home_fail(directory, why));
	if (subdir != NULL && (fd = home_subdir(fd, subdir)) == -1)
		return (-1);
	if (home_parts(fd) == -1)
		return (-1);
	if (fchdir(fd) == -1)
		return (home_fail(directory, "fchdir"));
	return (fd);
}
