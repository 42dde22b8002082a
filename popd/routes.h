/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Routes that a table process knows.
 */

#ifndef ROUTES_H
#define ROUTES_H

struct msg_route_is;
struct session;
struct verdict;

/*
 * Ask tabpop where the user of a session is served that is wanted for a route,
 * which ends in login_routed() or, in time, in login_unknown().  0, or -1: not
 * now.
 */
int		 routes_ask(struct session *);

/* What tabpop says; if it is gone, userbase_lost() ends those who wait. */
struct verdict	 routes_answer(const struct msg_route_is *);

#endif
