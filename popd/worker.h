/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How login.c opens a session that worker.c then watches.
 */

#ifndef WORKER_H
#define WORKER_H

#include "msg.h"

struct session;
struct userinfo;

/*
 * Start the worker of an authenticated session and hand its stream to the
 * listener.  Returns 0, or -1 with the reason for the client in *refuse and
 * the reason for the administrator logged.
 */
int	 worker_open(struct session *, const struct userinfo *,
	    enum refuse_reason *);

#endif
