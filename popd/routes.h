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

/*
 * Ask tabpop where the user of a session is served that is wanted for a route;
 * late is called as in userbase_wait().  0, or -1: not now.
 */
int		 routes_ask(struct session *, void (*late)(int, short, void *));

/* Whether this is an answer at all. */
int		 routes_answer_ok(const struct msg_route_is *);

#endif
