/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Sync a copied maildir.  See settle.h.
 */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "log.h"
#include "maildir.h"
#include "popcache.h"
#include "popuidl.h"
#include "settle.h"
#include "userproc.h"

/* Sync a file.  Return 0, or -1 and errno. */
static int
settle_name(int dir, const char *name)
{
	int	 fd, error, result;

	fd = openat(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	result = maildir_sync(fd);
	error = errno;
	close(fd);
	errno = error;
	return (result);
}

/* maildir_scan: sync a message. */
static int
settle_found(void *arg, const struct maildir_found *fn)
{
	const int	*dir = arg;

	if (userproc_progress(0, 0) != 0) {
		errno = EINTR;
		return (-1);
	}
	return (maildir_file(fn) ? settle_name(*dir, fn->fn_name) : 0);
}

/* Sync new or cur, which need not exist.  Return 0, or -1, logged. */
static int
settle_dir(int dir, const char *name)
{
	int	 fd, result;

	fd = openat(dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return (0);
	if (fd == -1) {
		log_warn("%s", name);
		return (-1);
	}
	result = maildir_scan(fd, settle_found, &fd);
	if (result == 0)
		result = maildir_sync(fd);
	if (result == -1)
		log_warn("%s: fsync", name);
	close(fd);
	return (result);
}

int
settle_maildir(int dir)
{
	enum maildir_dir	 i;

	for (i = 0; i < MAILDIR_DIRS; i++)
		if (settle_dir(dir, maildir_dirname[i]) == -1)
			return (-1);
	if ((settle_name(dir, POPUIDL_FILE) == -1 && errno != ENOENT) ||
	    (settle_name(dir, POPCACHE_FILE) == -1 && errno != ENOENT) ||
	    maildir_sync(dir) == -1) {
		log_warn("maildir: fsync");
		return (-1);
	}
	return (0);
}
