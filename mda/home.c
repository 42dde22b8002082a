/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The maildir of a delivery, made where it is missing.  All of this happens
 * before the process confines itself to it.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "home.h"
#include "log.h"
#include "maildir.h"

/* Whatever is wrong here, an administrator can heal it: mail waits. */
static void __attribute__((__noreturn__))
home_fail(const char *path, const char *why)
{
	log_warn("%s: %s", path, why);
	exit(EX_TEMPFAIL);
}

/* Make one directory below another.  1 if it was made, 0 if it was there. */
static int
home_mkdir(int fd, const char *name)
{
	if (mkdirat(fd, name, 0700) == 0)
		return (1);
	if (errno != EEXIST)
		home_fail(name, "mkdir");
	return (0);
}

static void
home_sync(int fd, const char *name)
{
	if (fsync(fd) == -1 && errno != EINVAL && errno != EOPNOTSUPP)
		home_fail(name, "fsync");
}

/* Go down one level, made if it is missing. */
static int
home_below(int fd, const char *name)
{
	int		 below;

	if (home_mkdir(fd, name))
		home_sync(fd, name);
	below = openat(fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below == -1)
		home_fail(name, "cannot be opened");
	close(fd);
	return (below);
}

/* tmp/, new/, cur/: looked at with one call each where they are there. */
static void
home_parts(int fd)
{
	static const char *const	 part[] = { "tmp", "new", "cur" };
	struct stat			 st;
	size_t				 i;
	int				 made = 0;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (fstatat(fd, part[i], &st, AT_SYMLINK_NOFOLLOW) == -1) {
			if (errno != ENOENT)
				home_fail(part[i], "stat");
			made |= home_mkdir(fd, part[i]);
		} else if (!S_ISDIR(st.st_mode)) {
			errno = ENOTDIR;
			home_fail(part[i], "stat");
		}
	}
	if (made)
		home_sync(fd, "maildir");
}

int
home_enter(const char *directory, const char *subdir)
{
	struct stat	 st;
	const char	*why;
	char		*copy, *rest, *name;
	int		 fd;

	if ((fd = maildir_open(directory, &why)) == -1)
		home_fail(directory, why);
	if (subdir != NULL) {
		if ((copy = rest = strdup(subdir)) == NULL)
			home_fail(subdir, "strdup");
		while ((name = strsep(&rest, "/")) != NULL)
			if (name[0] != '\0')
				fd = home_below(fd, name);
		free(copy);
		if (fstat(fd, &st) == -1 || st.st_uid != maildir_uid()) {
			errno = EPERM;
			home_fail(subdir, "is not owned by the user");
		}
	}
	home_parts(fd);
	if (fchdir(fd) == -1)
		home_fail(directory, "fchdir");
	return (fd);
}
