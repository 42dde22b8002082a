/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The lines that a new popd writes to its standard error until it serves:
 * where this one is in the background they go into its log.
 */

#ifndef UPLOG_H
#define UPLOG_H

#define UPLOG_LINE_MAX	512

/*
 * Begin; returns the descriptor for its standard error, which is the
 * caller's, or -1 and errno.
 */
int		 uplog_open(void);

/* Log what was read, and nothing for a while: the last line may say why. */
void		 uplog_flush(void);

/* Read what is left, and end.  Nothing happens if it has ended. */
void		 uplog_close(void);

/* The last line, if it is not logged; "" if there is none. */
const char	*uplog_last(void);

#endif
