/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log verbosity of all processes, until the next reload.
 */

#ifndef VERBOSE_H
#define VERBOSE_H

/* Log briefly (0) or verbosely (1), in all processes and later ones. */
void	 verbose_set(int);

#endif
