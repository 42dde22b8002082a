/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What an errno says about a file or a directory of a maildir: the only
 * table of that, for the scan, RETR, QUIT and the index.
 */

#ifndef FAULT_H
#define FAULT_H

enum fault {
	FAULT_GONE,		/* no such name: removed, or renamed */
	FAULT_NO_MAIL,		/* there, but nothing that holds a message */
	FAULT_MEANS,		/* the system is short of something */
	FAULT_TEMP,		/* may heal by itself */
	FAULT_PERM		/* somebody has to mend it */
};

/* The fault of an errno other than 0. */
enum fault	 fault_of(int);

#endif
