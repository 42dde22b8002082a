/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What happens in one part of popd and has to be known in others that build on
 * it: each of these parts calls what is set here, and includes none of them.
 */

#ifndef HOOKS_H
#define HOOKS_H

/* Before the first child is started. */
void	 hooks_init(void);

#endif
