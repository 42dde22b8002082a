/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Maildirs that are being moved.  See popmove.h.
 *
 * popctl creates the file first, and then takes the session lock once, and once
 * an exclusive lock of new/: after that no session or delivery from before the
 * file is left, and none begins.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>

#include "log.h"
#include "popmove.h"

int
popmove_closed(int dir)
{
	struct stat	 st;

	if (fstatat(dir, POPMOVE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return (1);
	return (errno == ENOENT ? 0 : -1);
}

int
popmove_enter(int dir, int new)
{
	int	 closed = 0;

	/* Without locks it cannot be closed either. */
	while (flock(new, LOCK_SH | LOCK_NB) == -1)
		if (errno == EWOULDBLOCK) {
			closed = 1;
			break;
		} else if (errno != EINTR)
			break;
	if (!closed && (closed = popmove_closed(dir)) == -1) {
		log_warn("%s", POPMOVE_FILE);
		return (-1);
	}
	if (!closed)
		return (0);
	log_warnx("the maildir is being moved: %s", POPMOVE_FILE);
	errno = EAGAIN;
	return (-1);
}
