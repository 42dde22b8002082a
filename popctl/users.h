/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Work in users' maildirs, each in its own process with the ids of that user,
 * sandboxed to that maildir.  Root never touches one.
 */

#ifndef USERS_H
#define USERS_H

#include <stdint.h>

struct popctl;

/* Results of uw_run: done; failed, logged; done, with differences. */
#define USERS_DONE	0
#define USERS_FAILED	1
#define USERS_DIFFER	3

struct users_work {
	/*
	 * Runs in the user's process.  dir is the maildir, which is also the
	 * current directory; fd is the file of uw_file, or -1.  Both are the
	 * callee's.  Returns USERS_DONE, _FAILED or _DIFFER.
	 */
	int		(*uw_run)(void *, int dir, int fd);
	void		*uw_arg;

	/*
	 * Runs before, in the caller's process: open a file for this user.  Its
	 * descriptor, or -1, logged.  NULL if there is no file.
	 */
	int		(*uw_file)(void *, const char *user);

	/* Whether it changes the maildir. */
	int		 uw_writes;

	/* The error if a user has no maildir yet, or NULL to succeed. */
	const char	*uw_none;
};

/*
 * Do the work for one user, or for all if user is NULL.  A failure for one is
 * reported on standard error and does not affect the others; an interrupt stops
 * after the current user.  Returns the result of uw_run for one user, and
 * USERS_DONE or USERS_FAILED for all.
 */
int		 users_run(const struct popctl *, const char *user,
		    const struct users_work *);

/* Parse the arguments `user' or `-a', where *user is NULL.  0, or -1. */
int		 users_which(int argc, char *argv[], const char **user);

/* In the user's process: print a line, prefixed with the user's name. */
void		 userproc_print(const char *, ...)
		    __attribute__((__format__ (printf, 1, 2)));

/*
 * In the user's process: return another descriptor of the maildir, which the
 * caller closes; all share one lock.  -1 and errno after USERS_DIRS calls.
 */
#define USERS_DIRS	2
int		 userproc_dir(void);

/*
 * In the user's process: report progress, in messages done and in total.  Must
 * be called every few seconds.  Returns nonzero to stop after an interrupt.
 */
int		 userproc_progress(uint32_t, uint32_t);

#endif
