/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Replace a file.  See replace.h.
 */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "replace.h"
#include "whole.h"

/* Longer than any of our file names. */
#define NAME_SIZE	32

/* Write all of the text and sync it.  Return 0, or -1 and errno. */
static int
replace_fill(int fd, const char *text, size_t len)
{
	return (whole_write(fd, text, len) == -1 ? -1 : fsync(fd));
}

/* Create the file under a temporary name.  Return 0, or -1 and errno. */
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
