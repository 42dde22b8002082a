/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The last line of a terminal, for whoever waits: on standard error, if that
 * is one.
 */

#ifndef TERMINAL_H
#define TERMINAL_H

/* What fits on every terminal. */
#define TERMINAL_WIDTH	78

/* Show this, at most a few times a second. */
void	 terminal_show(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));

/* Nothing, so that a line of text can follow. */
void	 terminal_clear(void);

#endif
