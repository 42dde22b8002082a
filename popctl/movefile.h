/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The file popmove of a maildir: a line each for where it comes from, where it
 * goes to, and what it contains, and then one for each message.  These and the
 * third are written once the contents cannot change any more.  Lines are
 * compared as a whole; only the number of messages is parsed.
 */

#ifndef MOVEFILE_H
#define MOVEFILE_H

#include <stddef.h>

#include "limits.h"

/* The longest line, the first, has a host, a number and a path. */
#define MOVEFILE_LINE	(HOST_NAME_LEN + PATH_LEN_MAX + 32)
#define MOVEFILE_MAX	(3 * MOVEFILE_LINE)

struct movefile {
	char	 pm_from[MOVEFILE_LINE];	/* "" if there is no file */
	char	 pm_to[MOVEFILE_LINE];
	char	 pm_list[MOVEFILE_LINE];	/* "" if not yet written */
};

/*
 * Read the file; a missing one leaves all lines empty.  Return 0, or -1,
 * logged.
 */
int	 movefile_read(int dir, struct movefile *);

/*
 * Replace the file, with these lines of messages, or remove it, durably.
 * Return 0, or -1, logged.
 */
int	 movefile_write(int dir, const struct movefile *, const char *);
int	 movefile_remove(int dir);

/*
 * Make the first line for this maildir on this host at this path; every copy
 * has a different one.  The inode number alone would not do, as another file
 * system may have the same.  Return 0, or -1, logged.
 */
int	 movefile_here(int dir, const char *host, const char *path,
	    char line[MOVEFILE_LINE]);

/*
 * Log the first message whose line is another one in the file, or that the file
 * has no such lines.
 */
void	 movefile_differ(int dir, const struct movefile *, const char *);

/* Return whether one list line has fewer messages than another. */
int	 movefile_fewer(const char *list, const char *than);

#endif
