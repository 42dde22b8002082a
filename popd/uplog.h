/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lines that a new popd writes to standard error before it serves: logged by
 * the old one if it runs in the background.
 */

#ifndef UPLOG_H
#define UPLOG_H

#define UPLOG_LINE_MAX	512

/*
 * Start reading; returns the descriptor for its standard error, owned by the
 * caller, or -1 with errno.
 */
int		 uplog_open(void);

/* Log the last line, which is held back as a possible reason of failure. */
void		 uplog_flush(void);

/* Read the rest, and close, unless closed. */
void		 uplog_close(void);

/* Return the last line if not yet logged, or "". */
const char	*uplog_last(void);

#endif
