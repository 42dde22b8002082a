/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef ENCRYPT_H
#define ENCRYPT_H

struct popctl;

/* popctl encrypt: a password in, its hash for authtab(5) out. */
int	 encrypt_run(const struct popctl *, int, char *[]);

#endif
