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
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "settings.h"

/* Return NULL, or why this file must not decide who may log in. */
static const char *
file_unsafe(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != settings.uid)
		return (settings.uid == 0 ? "not owned by root" :
		    "owned neither by root nor by the user of popd");
	if ((st->st_mode & S_IWOTH) != 0)
		return ("world-writable");
	if ((st->st_mode & S_IWGRP) != 0)
		return ("group-writable");
	return (NULL);
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
	if ((flags & FILE_SECRET) != 0 && (st->st_mode & S_IRWXO) != 0)
		log_warnx("%s: mode %04o: world accessible", name,
		    (unsigned int)(st->st_mode & 07777));
	return (NULL);
}

int
file_open(const char *name, int flags, struct stat *st, char *why,
    size_t size)
{
	const char	*wrong;
	int		 fd;

	if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		return (-1);
	}
	if ((wrong = file_check(fd, flags, name, st)) != NULL) {
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
