/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The AUTHORIZATION state of a connection, in turns.
 */

#ifndef AUTHORIZE_H
#define AUTHORIZE_H

struct client;

/*
 * One turn of a client that sends commands; its state may be another after
 * that.  Returns 1 if there may be more to do, without waiting.
 */
int	 authorize_turn(struct client *);

/*
 * PASS waits for its answer.  What comes after it is kept for whoever
 * answers.  *more is set as above.  -1: nobody is left to answer to.
 */
int	 authorize_wait(struct client *, int *more);

/*
 * STLS was accepted: TLS begins once the answer has left.  -1: it cannot, or
 * there is no memory.
 */
int	 authorize_secure(struct client *);

#endif
