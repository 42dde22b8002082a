/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A dotlock: a file beside a spool, its name with ".lock" after it, that is
 * there for as long as somebody uses the spool.
 *
 * It is held by a process of its own, as lockspool(1) does it, which can make
 * and remove files of that directory and sees no octet of any mail.  It ends,
 * and removes the lock, when its socket does, whatever ended us: a worker
 * that was killed leaves no lock.  What was forked before a worker confines
 * itself can do that after it.
 */

#ifndef DOTLOCK_H
#define DOTLOCK_H

#include <sys/types.h>

struct dotlock {
	pid_t	 dk_pid;
	int	 dk_fd;			/* -1: there is none */
};

/* Start the process for this spool.  0, or -1 and errno. */
int		 dotlock_start(struct dotlock *, const char *spool);

/* 0: the lock is ours.  Else -1 and errno (EEXIST: it is another's). */
int		 dotlock_take(const struct dotlock *);

/* Remove the lock, if it is ours. */
void		 dotlock_drop(const struct dotlock *);

/* Remove the lock, if it is ours, and end the process. */
void		 dotlock_stop(struct dotlock *);

#endif
