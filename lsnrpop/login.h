/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Logging in: messages to and from the parent and authpop.
 */

#ifndef LOGIN_H
#define LOGIN_H

#include <stdint.h>

#include "msg.h"

struct chan;
struct credentials;
struct client;

void	 login_init(void);

/* Set the generation of this process, used to number its sessions. */
void	 login_generation(uint64_t);

/* Set the socket to authpop; it is owned from now on. */
void	 login_peer(int);

/*
 * Have credentials checked: the client waits for the answer, or is refused at
 * once.  The credentials are wiped.
 */
void	 login_start(struct client *, struct credentials *);

/*
 * The client ends: tell the parent if it knows of the client, and authpop if
 * it is still checking.
 */
void	 login_end(struct client *, enum end_reason);

/* Handlers of the parent's channel; see chan.h. */
struct verdict login_open(void *, const void *, int);
struct verdict login_route(void *, const void *, int);
struct verdict login_refuse(void *, const void *, int);
struct verdict login_over(void *, const void *, int);

/* A session arrived without its descriptor; see chan_on_lost(). */
void	 login_lost(void *, uint32_t, const void *);
struct verdict login_kick(void *, const void *, int);

#endif
