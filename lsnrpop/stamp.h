/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Challenges of APOP, in a greeting, and of CRAM-MD5, all different:
 * <epoch.number.random@popd>.  authpop sends the epoch when it connects, and
 * accepts one right digest per number (authpop/seal.h).  The random part keeps
 * an attacker from guessing the next one.  The host name is not disclosed.
 */

#ifndef STAMP_H
#define STAMP_H

/* Set the epoch; "": there is no authpop that would know it. */
void	 stamp_epoch(const char *);

/* Return a challenge, to be freed, or NULL without an epoch or memory. */
char	*stamp_new(void);

#endif
