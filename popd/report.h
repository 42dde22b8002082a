/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answers for popctl(8) from the parent's own state: status and sessions.
 */

#ifndef REPORT_H
#define REPORT_H

struct control;

/* Send the whole status. */
void	 report_status(struct control *);

/* Send sessions, and the next ones when the output has drained. */
void	 report_sessions(struct control *);

#endif
