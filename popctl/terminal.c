/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"

#define TERMINAL_MS	200

static struct {
	int64_t	 shown;		/* when, in ms of the monotonic clock */
	int	 there;		/* the line is not empty */
} terminal = { -TERMINAL_MS, 0 };

void
terminal_show(const char *format, ...)
{
	struct timespec	 ts;
	va_list		 ap;
	char		 line[TERMINAL_WIDTH + 1];
	int64_t		 now;

	if (!isatty(STDERR_FILENO) ||
	    clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		return;
	now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	if (now - terminal.shown < TERMINAL_MS)
		return;
	terminal.shown = now;
	terminal.there = 1;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	fprintf(stderr, "\r%-*s", TERMINAL_WIDTH, line);
}

void
terminal_clear(void)
{
	if (terminal.there)
		fprintf(stderr, "\r%*s\r", TERMINAL_WIDTH, "");
	terminal.there = 0;
}
