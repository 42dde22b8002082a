/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A progress line on standard error, if that is a terminal.
 */

#ifndef TERMINAL_H
#define TERMINAL_H

/* Fits on every terminal. */
#define TERMINAL_WIDTH	78

/* Show a line; calls within 200 ms of the last one are ignored. */
void	 terminal_show(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));

/* Clear the line before other output. */
void	 terminal_clear(void);

#endif
