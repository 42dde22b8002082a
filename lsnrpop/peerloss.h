/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Peers that hung up on this listener or do not answer.  What needs them fails
 * until the parent sends a new socket; everything else continues.
 */

#ifndef PEERLOSS_H
#define PEERLOSS_H

#include "msg.h"

/* A socket to this peer has arrived. */
void	 peerloss_have(const struct msg_peer *);

/*
 * A peer is missing: ask the parent for it.  Call whenever it is needed, so
 * that no request is lost for good; one per PEER_WANT_SECONDS is sent.
 */
void	 peerloss_ask(enum role);

#endif
