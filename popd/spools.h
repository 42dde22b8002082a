/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Mail spools of the system, one file per user, which a worker empties into
 * the maildir.
 */

#ifndef SPOOLS_H
#define SPOOLS_H

#include <stddef.h>

struct table;

/*
 * Write the path of a user's spool to buf.  Return 0, or -1 with errno and
 * buf "": EINVAL if the name cannot be a file name or is reserved.
 */
int		 spools_path(const char *, char *, size_t);

/*
 * With -n: check the spool of each line of usertab from outside and log what
 * is wrong; the name is the file's.  Return the number of warnings.
 */
unsigned int	 spools_check(const struct table *, const char *);

#endif
