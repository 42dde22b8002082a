/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Events in one part of popd that concern parts built on it.  The lower part
 * declares its hooks and calls them; they are set here, so that no two source
 * files of popd call each other.
 */

#ifndef HOOKS_H
#define HOOKS_H

/* Set all hooks, before the first child is started. */
void	 hooks_init(void);

#endif
