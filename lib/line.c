/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Split octets into lines.  In: octets of a client.  Out: command lines.  Knows
 * no command; lines that are malformed as such end here.
 */

#include <string.h>

#include "line.h"

/*
 * Handle len octets without a whole line.  One that is already too long is
 * dropped as it arrives, so that a full buffer never stops the reader.
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
