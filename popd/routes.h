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

/*
 * Ask tabpop for the server of a session's user; late is that of
 * userbase_wait().  Return 0, or -1 if it cannot be asked.
 */
int		 routes_ask(struct session *, void (*late)(int, short, void *));

/* Return whether this answer is valid. */
int		 routes_answer_ok(const struct msg_route_is *);

#endif
