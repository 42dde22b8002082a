/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The worker's side of its channel to the parent: one message in, log lines
 * and one report out.  There is no event loop: every call waits until it is
 * done, or the parent is gone.
 */

#ifndef PARENT_H
#define PARENT_H

struct msg_report;
struct msg_work;

/*
 * Take the channel at descriptor 3, and from it what to work on; log lines
 * go through it from now on, each with the session's name before it.  Exits
 * 1 with a clear line if we were not started by popd or not as a mail user.
 */
void	 parent_start(struct msg_work *);

/* Leave the report.  Nothing happens if the parent is gone. */
void	 parent_report(const struct msg_report *);

#endif
