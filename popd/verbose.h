/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How much all processes log, until the next reload.
 */

#ifndef VERBOSE_H
#define VERBOSE_H

/* Log so much (enum log_detail) from now on; new processes are told, too. */
void	 verbose_set(int);

/* The name of a detail, and the detail of a name: LOG_BRIEF if it has none. */
const char	*verbose_name(int);
int		 verbose_level(const char *);

#endif
