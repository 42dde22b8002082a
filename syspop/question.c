/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lines of tabpop, taken apart.  See question.h.
 */

#include <string.h>

#include "question.h"

/* What is before the separator into buf; the rest, or NULL. */
static const char *
field(const char *p, char separator, char *buf, size_t size)
{
	const char	*end = strchr(p, separator);
	size_t		 len;

	if (end == NULL || (len = (size_t)(end - p)) >= size)
		return (NULL);
	memcpy(buf, p, len);
	buf[len] = '\0';
	return (end + 1);
}

/* The next field is this; the rest, or NULL. */
static const char *
field_is(const char *p, const char *want)
{
	char	 buf[16];

	p = field(p, '|', buf, sizeof(buf));
	return (p != NULL && strcmp(buf, want) == 0 ? p : NULL);
}

static int
question_greeting(const char *line, struct question *qu)
{
	qu->qu_kind = strcmp(line, "config|ready") == 0 ? QUESTION_READY :
	    QUESTION_GREETING;
	return (0);
}

/* Where the password ends a line: it may have any octet but its end. */
static int
question_check(const char *key, struct question *qu)
{
	qu->qu_kind = QUESTION_CHECK;
	key = field(key, '|', qu->qu_source, sizeof(qu->qu_source));
	if (key == NULL ||
	    (key = field(key, ':', qu->qu_user, sizeof(qu->qu_user))) == NULL)
		return (-1);
	return (strlcpy(qu->qu_pass, key, sizeof(qu->qu_pass)) <
	    sizeof(qu->qu_pass) ? 0 : -1);
}

static int
question_userinfo(const char *key, struct question *qu)
{
	qu->qu_kind = QUESTION_USERINFO;
	return (strlcpy(qu->qu_user, key, sizeof(qu->qu_user)) <
	    sizeof(qu->qu_user) ? 0 : -1);
}

int
question_parse(const char *line, struct question *qu)
{
	const char	*p, *key;
	char		 skipped[160];

	memset(qu, 0, sizeof(*qu));
	if (strncmp(line, "config|", 7) == 0)
		return (question_greeting(line, qu));
	/* The time and the name of the table are of no use here. */
	if ((p = field_is(line, "table")) == NULL ||
	    (p = field_is(p, "0.1")) == NULL ||
	    (p = field(p, '|', skipped, sizeof(skipped))) == NULL ||
	    (p = field(p, '|', skipped, sizeof(skipped))) == NULL)
		return (-1);
	if ((key = field_is(p, "check")) != NULL)
		key = field_is(key, "system");
	else if ((key = field_is(p, "lookup")) != NULL)
		key = field_is(key, "userinfo");
	if (key == NULL ||
	    (key = field(key, '|', qu->qu_id, sizeof(qu->qu_id))) == NULL ||
	    qu->qu_id[0] == '\0')
		return (-1);
	return (*p == 'c' ? question_check(key, qu) :
	    question_userinfo(key, qu));
}
