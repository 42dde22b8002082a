/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "popuidl.h"
#include "uidlfile.h"

#define UIDLFILE_NEW	"popuidl.new"

int
uidlfile_there(int dir)
{
	struct stat	 st;

	return (fstatat(dir, POPUIDL_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT);
}

/* All of it, safely on disk.  0, or -1 and errno. */
static int
uidlfile_fill(int fd, const char *text, size_t len)
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

/* Under a name that nothing reads.  0, or -1 and errno. */
static int
uidlfile_new(int dir, const char *text, size_t len)
{
	int	 fd, error;

	if (unlinkat(dir, UIDLFILE_NEW, 0) == -1 && errno != ENOENT)
		return (-1);
	fd = openat(dir, UIDLFILE_NEW,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return (-1);
	if (uidlfile_fill(fd, text, len) == 0)
		return (close(fd));
	error = errno;
	close(fd);
	unlinkat(dir, UIDLFILE_NEW, 0);
	errno = error;
	return (-1);
}

int
uidlfile_write(int dir, const char *text, size_t len)
{
	if (uidlfile_new(dir, text, len) == -1) {
		log_warn("%s", UIDLFILE_NEW);
		return (-1);
	}
	if (renameat(dir, UIDLFILE_NEW, dir, POPUIDL_FILE) == -1) {
		log_warn("%s", POPUIDL_FILE);
		unlinkat(dir, UIDLFILE_NEW, 0);
		return (-1);
	}
	if (fsync(dir) == -1) {
		log_warn("maildir: fsync");
		return (-1);
	}
	return (0);
}
