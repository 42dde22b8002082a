/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Where the mail of the users is.
 */

#ifndef MAILDROPS_H
#define MAILDROPS_H

#include <stddef.h>

struct table;
struct userinfo;

/* Where the mail of a user is, into buf.  0, or -1 and ENAMETOOLONG. */
int		 maildrops_path(const struct userinfo *, char *, size_t);

/*
 * For -n: look at the directory of every line of usertab, and say what is
 * wrong with it; name is that of the file.  Returns the number of complaints.
 */
unsigned int	 maildrops_check(const struct table *,
		    const char *name);

#endif
