/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Parse the lines of tabpop.  See question.h.
 */

#include <string.h>

#include "question.h"

/* Copy what precedes the separator to buf.  Return the rest, or NULL. */
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

/* Return what follows the next field if that is want, else NULL. */
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

/* The password is last: it may contain any octet but a newline. */
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
	/* The time and the name of the table are not used. */
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
