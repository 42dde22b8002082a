/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log verbosity of all processes, until the next reload.
 */

#ifndef VERBOSE_H
#define VERBOSE_H

/* Log this much (enum log_detail), in all processes and later ones. */
void	 verbose_set(int);

/* The name of a detail, and the detail of a name: LOG_BRIEF if it has none. */
const char	*verbose_name(int);
int		 verbose_level(const char *);

#endif
