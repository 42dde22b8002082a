/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* One delivery: what the sources of mda share. */

#ifndef DELIVER_H
#define DELIVER_H

#include <sys/types.h>
#include <stdint.h>

/*
 * The unique part of a message's base name: seconds, microseconds, process,
 * 64 random bits and the host.  0, or -1 if it does not fit.
 */
int		 name_unique(char *, size_t);

/*
 * Open the maildir (subdir below directory, or NULL) and make it the current
 * directory.  What is missing of subdir, tmp/, new/ and cur/ is made and made
 * durable; the directory itself must be there.  The descriptor; failures
 * end the process.
 */
int		 home_enter(const char *, const char *);

/*
 * Take a message from one descriptor into the maildir of the other.  Returns
 * when it is safely in new/; 0, or -1 with the reason logged and nothing
 * visible left.
 */
int		 deliver(int, int);

#endif
