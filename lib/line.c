/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Octets of a client come in, command lines go out.  Nothing here knows a
 * command; what is wrong with a line as such ends here.
 */

#include <string.h>

#include "line.h"

/*
 * No whole line in len octets.  One that already is too long is dropped as
 * it comes, so that a full buffer never stops the reader.
 */
static enum line_status
line_partial(size_t len, size_t max, int *skipping, struct line *line)
{
	if (len >= max)
		*skipping = 1;
	line->ln_used = *skipping ? len : 0;
	return (LINE_MORE);
}

enum line_status
line_take(char *buf, size_t len, size_t max, int *skipping, struct line *line)
{
	char	*end;
	size_t	 n;

	line->ln_text = NULL;
	line->ln_len = 0;
	if (len == 0) {
		line->ln_used = 0;
		return (LINE_MORE);
	}
	if ((end = memchr(buf, '\n', len)) == NULL)
		return (line_partial(len, max, skipping, line));
	n = (size_t)(end - buf);
	line->ln_used = n + 1;
	if (*skipping || n + 1 > max) {
		*skipping = 0;
		return (LINE_LONG);
	}
	if (n > 0 && buf[n - 1] == '\r')
		n--;
	if (memchr(buf, '\0', n) != NULL || memchr(buf, '\r', n) != NULL)
		return (LINE_BAD);
	buf[n] = '\0';
	line->ln_text = buf;
	line->ln_len = n;
	return (LINE_OK);
}
