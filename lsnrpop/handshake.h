/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS handshakes, and whose turn it is for a signature: one is made each time
 * that the listener has looked at all its clients.
 */

#ifndef HANDSHAKE_H
#define HANDSHAKE_H

struct client;

/* A function that gives a client its turn. */
void	 handshake_init(void (*)(struct client *));

/*
 * The part of a turn of a client whose state is CLIENT_HANDSHAKE.  1: it has
 * shaken hands; 0: not yet, and *more is set if it could go on without
 * waiting; -1: it failed, and the log knows.
 */
int	 handshake_step(struct client *, int *more);

/* Those that are ready for a signature get their turns. */
void	 handshake_wake(void);

/* Its time is over. */
void	 handshake_expired(const struct client *);

#endif
