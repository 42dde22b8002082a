/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef CONFINE_H
#define CONFINE_H

/*
 * Return what this system lacks for complete pledge(2) and unveil(2), as text
 * for a log line ("Landlock ABI 3: ..."), or NULL if nothing.  The text is
 * static.
 */
const char	*confine_lacks(void);

/*
 * Give up, for this process and its children, what none of them ever needs,
 * where pledge(2) cannot.  Return 0, or -1 with errno set.
 */
int		 confine_parent(void);

/* The signal that kills a process for breaking its pledge, and its name. */
#define CONFINE_SIGNAL	SIGSYS
#define CONFINE_DEATH	"killed by its sandbox"

#endif
