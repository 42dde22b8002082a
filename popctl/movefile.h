/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The file popmove of a maildir, for the work in it: where it came from, where
 * it goes, and what was in it.  Three lines, of which the last is there once
 * nothing can change any more; they are compared, and of the last the number
 * of messages is taken out.
 */

#ifndef MOVEFILE_H
#define MOVEFILE_H

#include <stddef.h>

#include "limits.h"

/* Three of them; the first has a host, a number and a path. */
#define MOVEFILE_LINE	(HOST_NAME_LEN + PATH_LEN_MAX + 32)
#define MOVEFILE_MAX	(3 * MOVEFILE_LINE)

struct movefile {
	char	 pm_from[MOVEFILE_LINE];	/* "": there is none */
	char	 pm_to[MOVEFILE_LINE];
	char	 pm_list[MOVEFILE_LINE];	/* "": not yet */
};

/* All of it, or none.  0, or -1: said why. */
int	 movefile_read(int dir, struct movefile *);

/* 0, or -1: said why. */
int	 movefile_write(int dir, const struct movefile *);
int	 movefile_remove(int dir);

/*
 * This maildir, on a host of this name and there at this path: no copy of it
 * has the same line.  The number of its inode alone would not do, as another
 * file system may have the same.  0, or -1: said why.
 */
int	 movefile_here(int dir, const char *host, const char *path,
	    char line[MOVEFILE_LINE]);

/* Whether one list has fewer messages than another. */
int	 movefile_fewer(const char *list, const char *than);

#endif
