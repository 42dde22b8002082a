/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef AUTH_H
#define AUTH_H

struct popctl;

/*
 * popctl auth: log in as a user, all the way to his maildrop, and say where
 * that ends.
 */
int	 auth_run(const struct popctl *, int, char *[]);

#endif
