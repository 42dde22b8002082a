/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How much all processes log, until the next reload.
 */

#ifndef VERBOSE_H
#define VERBOSE_H

/* Brief (0) or verbose (1) from now on; those that come later are told, too. */
void	 verbose_set(int);

#endif
