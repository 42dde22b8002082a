/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Where the system delivers the mail of the users: one file for each, which a
 * worker empties into the maildir.
 */

#ifndef SPOOLS_H
#define SPOOLS_H

#include <stddef.h>

struct table;

/*
 * The spool of a user, into buf.  0, or -1 and errno, and buf is "": EINVAL if
 * the name can be none of a file, or is one that means something else.
 */
int		 spools_path(const char *, char *, size_t);

/*
 * For -n: look at the spool of every line of usertab from outside, and say
 * what is wrong with it.  Returns the number of complaints.
 */
unsigned int	 spools_check(const struct table *, const char *);

#endif
