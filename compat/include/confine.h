/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef CONFINE_H
#define CONFINE_H

/*
 * What this system lacks for the whole of pledge(2) and unveil(2), in words
 * for a log line ("Landlock: no rules for TCP (kernel older than 6.7)"), or
 * NULL if it lacks nothing.  The text is static.
 */
const char	*confine_lacks(void);

/* The signal by which a process ends that breaks its pledge, in words, too. */
#define CONFINE_SIGNAL	SIGSYS
#define CONFINE_DEATH	"killed by its sandbox"

#endif
