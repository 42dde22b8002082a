/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A dotlock: a file beside a spool, its name followed by ".lock", that exists
 * while the spool is in use.
 *
 * A separate process holds it, as with lockspool(1); it can create and remove
 * files of that directory and sees no octet of mail.  It removes the lock and
 * exits when its socket closes, so a worker that is killed leaves no lock.
 * Forked before a worker is sandboxed, it can still do that afterwards.
 *
 * A lock whose process on this host has ended, or which nobody has changed for
 * SETTING_DOTLOCK, is removed, which is logged.  The process looks at it before
 * it is sandboxed itself.
 */

#ifndef DOTLOCK_H
#define DOTLOCK_H

#include <sys/types.h>

struct dotlock {
	pid_t	 dk_pid;
	int	 dk_fd;			/* -1: not started */
};

/* Start the process for this spool.  Return 0, or -1 with errno set. */
int		 dotlock_start(struct dotlock *, const char *spool);

/* Take the lock.  Return 0, or -1 with errno set (EEXIST: another holds it). */
int		 dotlock_take(const struct dotlock *);

/* Remove the lock if we hold it, and end the process. */
void		 dotlock_stop(struct dotlock *);

#endif
