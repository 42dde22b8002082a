/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Slow line-by-line reading of an mbox, to compare with.  Both readers write
 * text: for each message "B", its offset, a newline, its octets, "E".
 */

#ifndef MBOXORACLE_H
#define MBOXORACLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told {
	char	*to_text;
	size_t	 to_len;
};

static void
told_add(struct told *to, const void *data, size_t len)
{
	to->to_text = realloc(to->to_text, to->to_len + len + 1);
	if (to->to_text == NULL)
		abort();
	memcpy(to->to_text + to->to_len, data, len);
	to->to_len += len;
	to->to_text[to->to_len] = '\0';
}

static void
told_begin(struct told *to, unsigned long long offset)
{
	char	 text[32];

	snprintf(text, sizeof(text), "B%llu\n", offset);
	told_add(to, text, strlen(text));
}

static int
oracle_line(const char *line, size_t len, const char *text)
{
	return (len == strlen(text) && memcmp(line, text, len) == 0);
}

/* Return 1, or 0 if it is not an mbox. */
static int
oracle_mbox(const char *data, size_t size, struct told *to)
{
	size_t	 at, len, marks, hold = 0;
	int	 empty = 1, began = 0;

	for (at = 0; at < size; at += len) {
		const char	*line = data + at;
		const char	*eol = memchr(line, '\n', size - at);

		len = eol == NULL ? size - at : (size_t)(eol - line) + 1;
		if (empty && len >= 5 && memcmp(line, "From ", 5) == 0) {
			to->to_len -= hold;
			if (began)
				told_add(to, "E", 1);
			told_begin(to, at);
			began = 1;
			empty = 0;
			hold = 0;
			continue;
		}
		if (!began) {
			/* Empty lines come before the first. */
			if (*line != '\r' && *line != '\n')
				return (0);
			len = 1;
			continue;
		}
		for (marks = 0; marks < len && line[marks] == '>'; marks++)
			continue;
		if (marks > 0 && len - marks >= 5 &&
		    memcmp(line + marks, "From ", 5) == 0)
			told_add(to, line + 1, len - 1);
		else
			told_add(to, line, len);
		empty = oracle_line(line, len, "\n") ||
		    oracle_line(line, len, "\r\n");
		hold = empty ? len : 0;
	}
	to->to_len -= hold;
	if (began)
		told_add(to, "E", 1);
	return (1);
}

#endif
