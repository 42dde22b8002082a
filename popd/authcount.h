/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authpop counts a correct password as a login; these correct its count.
 */

#ifndef AUTHCOUNT_H
#define AUTHCOUNT_H

struct session;

/* The session was refused: it is a failed login of its source. */
void	 authcount_failed(const struct session *);

/* The session failed to open: it does not count for login-delay. */
void	 authcount_nothing(const struct session *);

#endif
