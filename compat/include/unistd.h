/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* <unistd.h> with the additions of OpenBSD. */

#include_next <unistd.h>

#ifndef COMPAT_UNISTD_H
#define COMPAT_UNISTD_H

int	pledge(const char *, const char *);
int	unveil(const char *, const char *);

/*
 * Return whether the program was started with real ids other than the effective
 * ones.
 */
int	issetugid(void);

/*
 * Return 0 if pass is the password of hash, otherwise -1 with errno EACCES.
 * hash NULL costs the time of a bcrypt check and never matches.  Unlike
 * OpenBSD's, an empty hash does not match an empty password.
 */
int	crypt_checkpass(const char *, const char *);

/*
 * Hash a password into a buffer of size octets; pref is "bcrypt,rounds".
 * Return 0, or -1 with errno set.
 */
int	crypt_newhash(const char *, const char *, char *, size_t);

#endif
