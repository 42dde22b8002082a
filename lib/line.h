/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Command lines as they arrive: many in one read, or one over many reads.  Used
 * by lsnrpop before login and by wrkrpop after it.
 */

#ifndef LINE_H
#define LINE_H

#include <stddef.h>

/*
 * A line ends with LF; a CR before it is removed.  The result is the line
 * without its end, NUL-terminated, in place in the caller's buffer.
 */
enum line_status {
	LINE_MORE,		/* no whole line yet */
	LINE_OK,
	LINE_LONG,		/* too long: dropped whole */
	LINE_BAD		/* has a NUL or a bare CR: dropped */
};

struct line {
	char		*ln_text;
	size_t		 ln_len;	/* octets without the line end */
	size_t		 ln_used;	/* octets consumed: always valid */
};

/*
 * Take the first line from the len octets at buf.  max is the longest line,
 * with its end, that fits; a longer one is consumed as it arrives and answered
 * LINE_LONG once, at its end; *skipping (0 at first) carries that from one call
 * to the next.
 */
enum line_status line_take(char *buf, size_t len, size_t max, int *skipping,
		    struct line *line);

#endif
