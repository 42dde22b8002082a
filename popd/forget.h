/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checkers remember passwords that were right (authpop/cache.h).
 */

#ifndef FORGET_H
#define FORGET_H

/* None is to remember this user's, lower-cased. */
void	 forget_user(const char *);

#endif
