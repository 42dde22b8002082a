/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The TRANSACTION state as a listener sees it.
 */

#ifndef RELAY_H
#define RELAY_H

struct client;

/*
 * One turn of a client that has a worker, which ends in CLIENT_CLOSING when
 * all is said.  Returns 1 if there may be more to do, without waiting.
 */
int	 relay_turn(struct client *);

#endif
