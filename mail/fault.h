/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The meaning of an errno for a file or directory of a maildir: the only such
 * table, for the scan, RETR, QUIT and the index.
 */

#ifndef FAULT_H
#define FAULT_H

enum fault {
	FAULT_GONE,		/* no such name: removed or renamed */
	FAULT_NO_MAIL,		/* exists, but cannot hold a message */
	FAULT_MEANS,		/* the system lacks resources */
	FAULT_TEMP,		/* may go away by itself */
	FAULT_PERM		/* needs the administrator */
};

/* Return the fault of an errno other than 0. */
enum fault	 fault_of(int);

#endif
