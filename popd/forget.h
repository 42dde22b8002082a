/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Clearing cached passwords of the checkers (hashpop/cache.h).
 */

#ifndef FORGET_H
#define FORGET_H

/* Have all checkers forget this user, a lower-case name. */
void	 forget_user(const char *);

#endif
