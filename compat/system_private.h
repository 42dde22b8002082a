/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Shared by the files of syspop's system_auth. */

#ifndef SYSTEM_PRIVATE_H
#define SYSTEM_PRIVATE_H

#define PAM_NAME	"popd"

struct system_modules {
	/* A module writes to files in this directory: 0, or -1 to end. */
	int		(*sm_writes)(const char *);
	char		 sm_name[64];	/* the last module */
};

/*
 * Go through the modules of a service for auth and account.  Return 0, or -1
 * for one that may need to write elsewhere, or that sm_writes() ended.
 */
int	 system_modules(const char *, struct system_modules *);

/* Return whether the modules, as configured now, can write what they need. */
int	 system_modules_allowed(void);

#endif
