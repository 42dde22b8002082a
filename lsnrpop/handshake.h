/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS handshakes, and whose turn it is for a signature: one is made per pass
 * of the event loop over all clients.
 */

#ifndef HANDSHAKE_H
#define HANDSHAKE_H

struct client;

/* Set the function that gives a client its turn. */
void	 handshake_init(void (*)(struct client *));

/*
 * One turn in CLIENT_HANDSHAKE.  Return 1 when it is complete; 0 if not, with
 * *more set if it could continue without waiting; -1 if it failed, which is
 * logged.
 */
int	 handshake_step(struct client *, int *more);

/* Schedule the clients that are ready for a signature. */
void	 handshake_wake(void);

/* The handshake has timed out. */
void	 handshake_expired(const struct client *);

#endif
