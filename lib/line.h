/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Command lines as they come in: any number in one read, one over many
 * reads.  Used by lsnrpop before login and by wrkrpop after it.
 */

#ifndef LINE_H
#define LINE_H

#include <stddef.h>

/*
 * A line is ended by LF; a CR before it is cut.  What comes back is the line
 * without its end, terminated by NUL, in the caller's buffer (changed in
 * place).
 */
enum line_status {
	LINE_MORE,		/* no whole line yet */
	LINE_OK,
	LINE_LONG,		/* longer than it may be: dropped whole */
	LINE_BAD		/* has a NUL or a bare CR in it: dropped */
};

struct line {
	char		*ln_text;
	size_t		 ln_len;	/* octets without the line end */
	size_t		 ln_used;	/* octets consumed: always valid */
};

/*
 * Take the first line from the len octets at buf.  max is the longest line
 * with its end for which there is room; an over-long line is consumed as it
 * comes and answered LINE_LONG once, when its end is seen; *skipping carries
 * that from one call to the next (0 at first).
 */
enum line_status line_take(char *buf, size_t len, size_t max, int *skipping,
		    struct line *line);

#endif
