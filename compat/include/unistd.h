/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* <unistd.h> with what OpenBSD's has besides. */

#include_next <unistd.h>

#ifndef COMPAT_UNISTD_H
#define COMPAT_UNISTD_H

int	pledge(const char *, const char *);
int	unveil(const char *, const char *);

/* Whether this program was started with real ids that are not the effective. */
int	issetugid(void);

/*
 * 0 if pass is the password of hash, else -1 and errno EACCES.  hash NULL
 * costs the time of a bcrypt check and never matches.  Unlike OpenBSD's, an
 * empty hash does not match an empty password.
 */
int	crypt_checkpass(const char *, const char *);

/*
 * The hash of a password into a buffer of so many octets; pref is
 * "bcrypt,rounds".  0, or -1 and errno.
 */
int	crypt_newhash(const char *, const char *, char *, size_t);

#endif
