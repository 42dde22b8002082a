/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Directories of the users' mail.
 */

#ifndef MAILDROPS_H
#define MAILDROPS_H

#include <stddef.h>

struct table;
struct userinfo;

/* Write a user's directory to buf.  Return 0, or -1 with ENAMETOOLONG. */
int		 maildrops_path(const struct userinfo *, char *, size_t);

/*
 * With -n: check the directory in each line of usertab and log what is wrong;
 * name is the file's.  Return the number of warnings.
 */
unsigned int	 maildrops_check(const struct table *,
		    const char *name);

#endif
