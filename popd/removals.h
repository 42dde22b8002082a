/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log lines for removed messages.  A session may remove a million, so its
 * worker pauses after each AUDIT_WINDOW of them until told to go on, which
 * happens at the rate the log can take, shared by all workers.
 */

#ifndef REMOVALS_H
#define REMOVALS_H

#include "msg.h"

struct session;
struct verdict;

/* Log the removal of one message. */
struct verdict	 removals_log(struct session *, const struct msg_removed *);

/* The session sends no more removals. */
void		 removals_forget(struct session *);

#endif
