/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Sockets between two children, for data that the parent must not see:
 * passwords to authpop, signature requests to keypop.
 */

#ifndef PEERS_H
#define PEERS_H

struct child;
struct msg_peer;
struct verdict;

/*
 * Connect a child that is ready with all its peers.  Return 0, or -1, logged,
 * if a socket failed.
 */
int		 peers_connect(struct child *);

/* A child has lost its socket to a peer that may be alive. */
struct verdict	 peers_want(struct child *, const struct msg_peer *);

#endif
