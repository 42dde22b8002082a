/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The challenges of APOP, in a greeting, and of CRAM-MD5, each of them another
 * one: <epoch.number.random@popd>.  authpop gives us the epoch when it is
 * connected, and takes a right digest for each number once (authpop/seal.h).
 * What is random of it is for whoever could do with a guess at the next one.
 * The name of this host is nobody's business.
 */

#ifndef STAMP_H
#define STAMP_H

/* From now on this epoch; "": there is no authpop that would know it. */
void	 stamp_epoch(const char *);

/* A challenge, for free(); or NULL: there is no epoch, or no memory. */
char	*stamp_new(void);

#endif
