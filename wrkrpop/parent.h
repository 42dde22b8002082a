/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The worker's side of its channel to the parent.  In: work, and requests to
 * give way.  Out: log lines and one report.  There is no
 * event loop: every call waits until it is done, or the parent is gone.
 */

#ifndef PARENT_H
#define PARENT_H

#include <stddef.h>
#include <stdint.h>

struct msg_report;
struct msg_work;

/*
 * Take the channel at descriptor 3, and read the work from it; log lines then
 * go through it, each prefixed with the session's name.  Exits 1 with an error
 * if not started by popd or not as a mail user.  Return 0, or -1 if the parent
 * is of another version and has been told (version.h).
 */
int	 parent_start(struct msg_work *);

/*
 * Return when the last request to give way that was read was sent: the my_sent
 * of its MSG_YIELD, 0 if there was none.
 */
uint64_t parent_yield(void);

/* Return whether popd is stopping; it says so before our input ends. */
int	 parent_stops(void);

/*
 * Return whether an administrator has ended this session.  Free until the
 * parent sends SIGURG: it then reads what came with it.
 */
int	 parent_kicked(void);

/* Return the channel, for poll(2); -1 when the parent is gone. */
int	 parent_fd(void);

/* Read from the channel after poll(2). */
void	 parent_read(void);

/* Tell that QUIT is done: its client may log in again. */
void	 parent_quit(void);

/* Send the final report; ignored if the parent is gone. */
void	 parent_report(const struct msg_report *);

#endif
