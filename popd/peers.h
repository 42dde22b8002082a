/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Sockets between two children, so that the parent need not carry what is
 * none of its business: passwords to authpop, requests to keypop.
 */

#ifndef PEERS_H
#define PEERS_H

struct child;
struct msg_peer;
struct verdict;

/*
 * Connect a child that has just become ready with all it talks to.  0, or -1
 * if not all could be had now, which is logged.
 */
int		 peers_connect(struct child *);

/*
 * Connect popctl, see child_guest(), with authpop; popctl is told its own
 * generation.  0, or -1 and errno.
 */
int		 peers_guest(struct child *);

/* A child lost its socket to another that may well live. */
struct verdict	 peers_want(struct child *, const struct msg_peer *);

#endif
