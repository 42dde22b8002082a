/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A debug line for each connection that ends without a login.  It may use half
 * of the log rate of a process; the rest is counted.
 */

#ifndef CONNLOG_H
#define CONNLOG_H

#include "msg.h"

struct client;

/* Log the end of a connection, for this reason or because popd stops. */
void	 connlog_end(struct client *, enum end_reason, int stopping);

#endif
