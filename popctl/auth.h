/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef AUTH_H
#define AUTH_H

struct popctl;

/*
 * popctl auth: log in as a user, up to opening the maildrop, and print the
 * result.  See commands.h.
 */
int	 auth_run(const struct popctl *, int, char *[]);

#endif
