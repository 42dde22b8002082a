/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef ENCRYPT_H
#define ENCRYPT_H

struct popctl;

/* popctl encrypt: print the hash of a password for authtab(5). */
int	 encrypt_run(const struct popctl *, int, char *[]);

#endif
