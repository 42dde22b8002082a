/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The AUTHORIZATION state of a connection (RFC 1939 section 4), in turns.
 */

#ifndef AUTHORIZE_H
#define AUTHORIZE_H

struct client;

/*
 * Give a client in CLIENT_COMMAND one turn, which may change its state.
 * Return 1 if there may be more to do without waiting.
 */
int	 authorize_turn(struct client *);

/*
 * While PASS waits for its answer: buffer input for what comes next.  *more is
 * what authorize_turn() returns.  Return -1 if the client has given up.
 */
int	 authorize_wait(struct client *, int *more);

/*
 * After STLS was accepted: begin TLS once the reply has left.  Return -1 if
 * that fails or memory is short.
 */
int	 authorize_secure(struct client *);

#endif
