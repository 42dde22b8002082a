/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Routes from a table process.
 */

#ifndef ROUTES_H
#define ROUTES_H

struct msg_route_is;
struct session;
struct verdict;

/*
 * Ask tabpop for the server of a session's user.  Ends in login_routed(), or
 * after a timeout in login_unknown().  Returns 0, or -1 if it cannot be asked.
 */
int		 routes_ask(struct session *);

/* tabpop's answer; if it dies, userbase_lost() ends those waiting. */
struct verdict	 routes_answer(const struct msg_route_is *);

#endif
