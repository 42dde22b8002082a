/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the parent knows itself: status and sessions, for popctl(8).
 */

#ifndef REPORT_H
#define REPORT_H

struct control;

void	 report_status(struct control *);

/* A slice at a time: more once what there was has left. */
void	 report_sessions(struct control *);
void	 report_sessions_more(struct control *);

#endif
