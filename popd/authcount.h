/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * authpop counts a right password as a login.  Here it learns what became of
 * that login.
 */

#ifndef AUTHCOUNT_H
#define AUTHCOUNT_H

struct session;

/* The user cannot have a session: that is a failed login of the source. */
void	 authcount_failed(const struct session *);

/* The session was granted and is none: for login-delay it was no login. */
void	 authcount_nothing(const struct session *);

#endif
