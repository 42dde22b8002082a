/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Peers that hung up on this listener, or do not answer it.  What they do
 * fails for so long as the parent has no new socket to them for us; all else
 * goes on.
 */

#ifndef PEERLOSS_H
#define PEERLOSS_H

#include "msg.h"

/* A socket to this peer has come. */
void	 peerloss_have(const struct msg_peer *);

/*
 * A peer is missing: ask the parent for it.  To be called whenever it was
 * needed, so that no request is lost for good; one in PEER_WANT_SECONDS goes
 * out.
 */
void	 peerloss_ask(enum role);

#endif
