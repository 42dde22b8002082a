/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Logging in: what goes to the parent and to authpop, and what comes back.
 */

#ifndef AUTHREQ_H
#define AUTHREQ_H

#include <stdint.h>

#include "msg.h"

struct chan;
struct credentials;
struct client;

void	 authreq_init(void);

/* The generation of this process, for the numbers of its sessions. */
void	 authreq_generation(uint64_t);

/* A new socket to authpop; it is owned from now on. */
void	 authreq_peer(int);

/*
 * Have a name and a password checked: the client waits from now on, or is
 * refused at once.  The credentials are wiped.
 */
void	 authreq_start(struct client *, struct credentials *);

/*
 * The client ends: tell the parent if it knows of it, and authpop if it is
 * still checking.
 */
void	 authreq_end(struct client *, enum end_reason);

/* Handlers for the parent's channel, as chan.h has them. */
struct verdict authreq_open(void *, const void *, int);
struct verdict authreq_route(void *, const void *, int);
struct verdict authreq_refuse(void *, const void *, int);
struct verdict authreq_over(void *, const void *, int);

/* A session came for which there is no descriptor: as chan_on_lost() has it. */
void	 authreq_lost(void *, uint32_t, const void *);
struct verdict authreq_kick(void *, const void *, int);

#endif
