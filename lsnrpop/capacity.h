/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The limits of connections, and how many sessions there are.
 */

#ifndef CAPACITY_H
#define CAPACITY_H

struct client;

/* Set the limits: sessions, and connections without a login. */
void	 capacity_limit(unsigned int sessions, unsigned int unauth);

/* Return whether there is room for another session. */
int	 capacity_room(void);

/* Return the limit of connections without a login. */
unsigned int capacity_unauth(void);

/* Return the number of tails: clients whose worker is gone. */
unsigned int capacity_tails(void);

/* Count a client as a session; then perhaps as a tail; then no more. */
void	 capacity_session(struct client *);
void	 capacity_tail(struct client *);
void	 capacity_leave(const struct client *);

#endif
