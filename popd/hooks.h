/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Callbacks from the lower parts of popd to those that build on them, so that
 * a lower part includes none of the others.
 */

#ifndef HOOKS_H
#define HOOKS_H

/* Set all callbacks, before the first child is started. */
void	 hooks_init(void);

#endif
