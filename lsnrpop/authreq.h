/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Logging in: messages to and from the parent and authpop.
 */

#ifndef AUTHREQ_H
#define AUTHREQ_H

#include <stdint.h>

#include "msg.h"

struct chan;
struct credentials;
struct client;
struct table;

/* Set the function that gives a client its turn. */
void	 authreq_init(void (*)(struct client *));

/* Set the generation of this process, used to number its sessions. */
void	 authreq_configure(uint64_t);

/* Set the socket to authpop; it is owned from now on. */
void	 authreq_peer(int);

/*
 * Have credentials checked: the client waits for the answer, or is refused at
 * once, which is counted and logged.  The credentials are wiped.
 */
void	 authreq_start(struct client *, struct credentials *);

/*
 * The client ends: tell the parent if it knows of the client, and authpop if
 * it is still checking.
 */
void	 authreq_end(struct client *, enum end_reason);

/* Handlers of the parent's channel; see chan.h. */
struct verdict authreq_open(void *, const void *, int);
struct verdict authreq_route(void *, const void *, int);
struct verdict authreq_refuse(void *, const void *, int);

/* A session arrived without its descriptor; see chan_on_lost(). */
void	 authreq_lost(void *, uint32_t, const void *);

#endif
