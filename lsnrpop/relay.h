/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The TRANSACTION state in a listener.
 */

#ifndef RELAY_H
#define RELAY_H

struct client;

/*
 * The worker of a client has started: begin its session.  fd, the worker's
 * stream, is owned from now on.
 */
void	 relay_start(struct client *, int fd);

/*
 * Give a client that has a worker one turn; at the end its state is
 * CLIENT_CLOSING.  Return 1 if there may be more to do without waiting.
 */
int	 relay_turn(struct client *);

#endif
