/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A debug line for each connection that ends without a login, as many as half
 * of what the log takes of a process; the rest is counted.
 */

#ifndef CONNLOG_H
#define CONNLOG_H

#include "msg.h"

struct client;

/* It ends now, for this reason, or as popd stops. */
void	 connlog_end(struct client *, enum end_reason, int stopping);

#endif
