/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lines for messages that sessions removed.  A session may remove a million:
 * its worker waits after each AUDIT_WINDOW of them until it is told to go on,
 * and all workers together are told so as often as the log can bear.
 */

#ifndef REMOVALS_H
#define REMOVALS_H

#include "msg.h"

struct session;
struct verdict;

/* One message was removed. */
struct verdict	 removals_log(struct session *, const struct msg_removed *);

/* Its worker has no more to say. */
void		 removals_forget(struct session *);

#endif
