/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log verbosity of all processes, until the next reload.
 */

#ifndef VERBOSE_H
#define VERBOSE_H

/* Set enum log_detail in all processes, and later ones. */
void	 verbose_set(int);

/* Set it after a reload, of which all but the workers learn by themselves. */
void	 verbose_reload(int);

/* Map enum log_detail to its name, and a name to it, by default LOG_BRIEF. */
const char	*verbose_name(int);
int		 verbose_level(const char *);

#endif
