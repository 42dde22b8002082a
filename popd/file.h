/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Files that an admin keeps, opened and judged.
 */

#ifndef FILE_H
#define FILE_H

#include <sys/types.h>
#include <sys/stat.h>

/* What a file is, for its judgement. */
#define FILE_DECIDES	0x1	/* who may log in, as whom, or how */
#define FILE_SECRET	0x2

/*
 * Open a regular file to be read, close-on-exec, without waiting; its state
 * goes into the struct.  One that decides must be writable by nobody but
 * root or the user of popd.  -1 with "name: reason" in why.
 */
int	 file_open(const char *name, int is, struct stat *, char *why,
	    size_t size);

#endif
