/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The worker's side of its channel to the parent: what to work on and requests
 * to give way come in, log lines, what was removed and one report go out.
 * There is no event loop: every call waits until it is done, or the parent is
 * gone.
 */

#ifndef PARENT_H
#define PARENT_H

#include <stddef.h>
#include <stdint.h>

struct msg_removed;
struct msg_report;
struct msg_work;

/*
 * Take the channel at descriptor 3, and from it what to work on; log lines
 * go through it from now on, each with the session's name before it.  Exits
 * 1 with a clear line if we were not started by popd or not as a mail user.
 * -1: the parent is of another version and has been told so (version.h).
 */
int	 parent_start(struct msg_work *);

/*
 * When the last request to give way was sent, as far as they were read: the
 * my_sent of its MSG_YIELD, 0 if there was none.
 */
uint64_t parent_yield(void);

/* Whether popd stops; it says so before our input ends. */
int	 parent_stops(void);

/*
 * Whether an admin has ended this session.  Costs nothing until the parent
 * has sent us a SIGURG, see doing.h: it then reads what came with it.
 */
int	 parent_kicked(void);

/* Tell the parent something out of a signal handler, or drop it. */
void	 parent_tell(uint32_t, const void *, size_t);

/* The parent has sent us something, and a signal to look at it. */
void	 parent_poked(void);

/* The channel, for poll(2); -1 once the parent is gone. */
int	 parent_fd(void);

/* Read what poll(2) says is there. */
void	 parent_read(void);

/*
 * Tell of a removed message.  After AUDIT_WINDOW of them it waits until the
 * parent wants more.  0, or -1 if it never will.
 */
int	 parent_removed(const struct msg_removed *);

/* Leave the report, after all else.  Nothing happens if the parent is gone. */
void	 parent_report(const struct msg_report *);

#endif
