/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Slow line-by-line reading of an mbox in memory, to compare with: regular
 * expressions say what a line is.  Both readers write text: for each message
 * "B", its offset, a newline, its octets, "E".
 */

#ifndef MBOXORACLE_H
#define MBOXORACLE_H

#include <sys/types.h>

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits.h"

struct told {
	char		*to_text;
	size_t		 to_len;
	const char	*to_data;	/* the mbox, for mb_peek */
	size_t		 to_size;
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

static ssize_t
told_peek(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct told	*to = arg;

	if (offset >= to->to_size)
		return (0);
	if (len > to->to_size - offset)
		len = to->to_size - (size_t)offset;
	memcpy(buf, to->to_data + offset, len);
	return ((ssize_t)len);
}

#define ORACLE_FROM_TEXT						\
	"^From .* (Sun|Mon|Tue|Wed|Thu|Fri|Sat) "			\
	"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "		\
	"([[:space:]][1-9]|0[1-9]|[12][0-9]|3[01]|[1-9] ) "		\
	"([[:space:]][0-9]|[01][0-9]|2[0-3]):[0-5][0-9][^ ]*"	\
	"( +[^ ]+)?( +[^ ]+)? +[0-9][0-9][0-9][0-9]( .*)?$"
#define ORACLE_LENGTH_TEXT						\
	"^Content-Length:[\t\v\f\r ]*[+]?0*([0-9]{0,18})$"

/* A text in memory, and where it is being read. */
struct oracle {
	const char	*or_data;
	size_t		 or_size;
	size_t		 or_at;		/* this line */
	size_t		 or_len;	/* of it, with its end */
};

/* Copy a line without its end, or less than max octets of it. */
static char *
oracle_copy(const struct oracle *or, size_t at, size_t max)
{
	size_t		 left = or->or_size - at;
	char		*copy;

	copy = strndup(or->or_data + at, left < max ? left : max - 1);
	if (copy == NULL)
		abort();
	copy[strcspn(copy, "\r\n")] = '\0';
	return (copy);
}

enum oracle_form { ORACLE_FROM, ORACLE_LENGTH, ORACLE_FORMS };

static int
oracle_match(enum oracle_form form, const char *text, regmatch_t *part)
{
	static const char *const	 form_text[ORACLE_FORMS] = {
		ORACLE_FROM_TEXT, ORACLE_LENGTH_TEXT
	};
	static regex_t			 re[ORACLE_FORMS];
	static int			 made[ORACLE_FORMS];

	if (!made[form] && regcomp(&re[form], form_text[form],
	    REG_EXTENDED | REG_ICASE) != 0)
		abort();
	made[form] = 1;
	return (regexec(&re[form], text, 2, part, 0) == 0);
}

/* Return whether there is a separator. */
static int
oracle_separator(const struct oracle *or, size_t at)
{
	char		*line;
	regmatch_t	 part[2];
	int		 r;

	if (at >= or->or_size)
		return (0);
	line = oracle_copy(or, at, MBOX_LINE_MAX);
	/* Days and months are in any case. */
	r = strncmp(line, "From ", 5) == 0 &&
	    oracle_match(ORACLE_FROM, line, part);
	free(line);
	return (r);
}

/* Return the octets of a line end. */
static size_t
oracle_end(const struct oracle *or, size_t at)
{
	if (at < or->or_size && or->or_data[at] == '\n')
		return (1);
	return (at + 1 < or->or_size &&
	    memcmp(or->or_data + at, "\r\n", 2) == 0 ? 2 : 0);
}

/* Return where a body of this length ends, or 0 if it is a lie. */
static size_t
oracle_believe(const struct oracle *or, size_t body, size_t length)
{
	const char	*data = or->or_data;
	size_t		 end = body + length, next;

	if (length == 0 || length > or->or_size || end > or->or_size)
		return (0);
	next = end + oracle_end(or, end);
	if (next == or->or_size ||
	    (next + 1 == or->or_size && data[next] == '\r'))
		return (end);
	if (data[end - 1] != '\n' || (next == end && data[end - 2] != '\n'))
		return (0);
	return (oracle_separator(or, next) ? end : 0);
}

/*
 * Read the header that begins here.  Return where its message ends, or 0, and
 * where its body begins.
 */
static size_t
oracle_length(const struct oracle *or, size_t at, size_t *body)
{
	size_t		 length = 0;
	const char	*eol;
	regmatch_t	 part[2];
	char		*line;

	while ((eol = memchr(or->or_data + at, '\n', or->or_size - at))) {
		if (oracle_end(or, at) > 0) {
			*body = at + oracle_end(or, at);
			return (oracle_believe(or, *body, length));
		}
		line = oracle_copy(or, at, 64);
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			length = oracle_match(ORACLE_LENGTH, line, part) ?
			    strtoul(line + part[1].rm_so, NULL, 10) : 0;
		free(line);
		at = (size_t)(eol - or->or_data) + 1;
	}
	return (0);
}

/* Add a line of a message, without the ">" that a deliverer added. */
static void
oracle_add(const struct oracle *or, struct told *to)
{
	const char	*line = or->or_data + or->or_at;
	size_t		 marks;

	for (marks = 0; marks < or->or_len && line[marks] == '>'; marks++)
		continue;
	marks = marks > 0 && or->or_len - marks >= 5 &&
	    memcmp(line + marks, "From ", 5) == 0;
	told_add(to, line + marks, or->or_len - marks);
}

/* Return 1, or 0 if it is not an mbox. */
static int
oracle_mbox(const char *data, size_t size, struct told *to)
{
	struct oracle	 or = { data, size, 0, 0 };
	size_t		 body = 0, end = 0, hold = 0;
	int		 empty = 1, began = 0;

	for (; or.or_at < size; or.or_at += or.or_len) {
		const char	*line = data + or.or_at;
		const char	*eol = memchr(line, '\n', size - or.or_at);

		or.or_len = eol == NULL ? size - or.or_at :
		    (size_t)(eol - line) + 1;
		if (empty && or.or_at >= end &&
		    oracle_separator(&or, or.or_at)) {
			to->to_len -= hold;
			if (began)
				told_add(to, "E", 1);
			told_begin(to, or.or_at);
			began = 1;
			empty = 0;
			hold = 0;
			end = oracle_length(&or, or.or_at + or.or_len, &body);
			continue;
		}
		if (!began) {
			/* Empty lines come before the first. */
			if (*line != '\r' && *line != '\n')
				return (0);
			or.or_len = 1;
			continue;
		}
		if (or.or_at >= body && or.or_at < end)
			told_add(to, line, or.or_len);
		else
			oracle_add(&or, to);
		empty = oracle_end(&or, or.or_at) == or.or_len;
		hold = empty ? or.or_len : 0;
	}
	to->to_len -= hold;
	if (began)
		told_add(to, "E", 1);
	return (1);
}

#endif
