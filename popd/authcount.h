/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Corrections of authpop's counters: it counts a right password as a login,
 * whether or not a session follows.
 */

#ifndef AUTHCOUNT_H
#define AUTHCOUNT_H

struct session;

/* The session was refused: count a failed login of the source. */
void	 authcount_failed(const struct session *);

/* The session could not begin: do not count its login for login-delay. */
void	 authcount_nothing(const struct session *);

#endif
