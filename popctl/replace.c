/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "replace.h"

/* Longer than any of our file names. */
#define NAME_SIZE	32

/* Write all of the text and sync it.  0, or -1 and errno. */
static int
replace_fill(int fd, const char *text, size_t len)
{
	ssize_t	 n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		text += n;
		len -= (size_t)n;
	}
	return (fsync(fd));
}

/* Create the file under a temporary name.  0, or -1 and errno. */
static int
replace_new(int dir, const char *name, const char *text, size_t len)
{
	int	 fd, error;

	if (unlinkat(dir, name, 0) == -1 && errno != ENOENT)
		return (-1);
	fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return (-1);
	if (replace_fill(fd, text, len) == 0)
		return (close(fd));
	error = errno;
	close(fd);
	unlinkat(dir, name, 0);
	errno = error;
	return (-1);
}

int
replace_file(int dir, const char *name, const char *text, size_t len)
{
	char	 new[NAME_SIZE];

	snprintf(new, sizeof(new), "%s.new", name);
	if (replace_new(dir, new, text, len) == -1) {
		log_warn("%s", new);
		return (-1);
	}
	if (renameat(dir, new, dir, name) == -1) {
		log_warn("%s", name);
		unlinkat(dir, new, 0);
		return (-1);
	}
	if (fsync(dir) == -1) {
		log_warn("maildir: fsync");
		return (-1);
	}
	return (0);
}
