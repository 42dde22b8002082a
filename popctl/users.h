/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Work in the maildirs of users, each in a process of its own that is that
 * user and sees nothing but that maildir.  Root never touches one.
 */

#ifndef USERS_H
#define USERS_H

struct popctl;

/* What uw_run returns: done; failed, it said why; done, and not as wanted. */
#define USERS_DONE	0
#define USERS_FAILED	1
#define USERS_DIFFER	3

struct users_work {
	/*
	 * In the user's process: a descriptor of his maildir, which is the
	 * current directory, now the work's own, and the file of
	 * uw_file, or -1.  Returns USERS_DONE, _FAILED or _DIFFER.
	 */
	int		(*uw_run)(void *, int dir, int fd);
	void		*uw_arg;

	/*
	 * In ours, before: open a file for this user.  Its descriptor, or -1:
	 * said why.  Or NULL.
	 */
	int		(*uw_file)(void *, const char *user);

	/* Whether anything in the maildir is to be changed. */
	int		 uw_writes;

	/* What is wrong if a user has no maildir yet; or NULL: nothing. */
	const char	*uw_none;
};

/*
 * Do it for one user, or for all if that is NULL.  Each user for whom it
 * failed is named on standard error, and the others are gone through all the
 * same; an interrupt ends it after the user who is at it.  Returns what uw_run
 * did for one user, and for all USERS_DONE or USERS_FAILED.
 */
int		 users_run(const struct popctl *, const char *user,
		    const struct users_work *);

/* The arguments `user' or `-a': 0, *user NULL for all; or -1. */
int		 users_which(int argc, char *argv[], const char **user);

#endif
