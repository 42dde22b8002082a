/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Shared by the files of syspop's system_auth. */

#ifndef SYSTEM_PRIVATE_H
#define SYSTEM_PRIVATE_H

#define PAM_NAME	"popd"

/*
 * Return NULL, or the name of a module for auth or account that may need to
 * write, as PAM's service is configured now, where it cannot.
 */
const char	*system_modules(void);

/*
 * A module writes to files in this directory.  Return 0, or -1 if it cannot,
 * since the process is confined without it.
 */
int		 system_writes(const char *);

#endif
