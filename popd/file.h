/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Opening and checking the administrator's files.
 */

#ifndef FILE_H
#define FILE_H

#include <sys/types.h>
#include <sys/stat.h>

/* How a file is checked. */
#define FILE_DECIDES	0x1	/* who may log in, as whom, or how */
#define FILE_SECRET	0x2	/* a warning if others can read it */
#define FILE_PRIVATE	0x4	/* an error; a warning if a group can */

/*
 * Open a regular file for reading, close-on-exec, without blocking, and fill
 * in its stat.  Only root or the user of popd may be able to choose it, by any
 * directory or link on the way to it, and with FILE_DECIDES, to write to it.
 * Return -1 with "name: reason" in why.
 */
int	 file_open(const char *name, int flags, struct stat *st, char *why,
	    size_t size);

/*
 * unveil(2) a path that may be missing: whoever uses it says so.  Return 0, or
 * -1 with errno.
 */
int	 file_unveil(const char *path, const char *permissions);

#endif
