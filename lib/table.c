/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OpenSMTPD table files.  See table.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table.h"

/* A table for all mailboxes of a host is a few megabytes at the most. */
#define TABLE_SIZE_MAX	(256 * 1024 * 1024)

/* smtpd looks for no key longer than this. */
#define KEY_MAX		1024

struct table {
	char			*tb_text;	/* the file, cut up in place */
	size_t			 tb_size;
	struct table_row	*tb_rows;	/* by key, no duplicates */
	size_t			 tb_count;
	size_t			 tb_room;
};

void
table_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
}

void
table_free(struct table *tb)
{
	if (tb == NULL)
		return;
	freezero(tb->tb_text, tb->tb_size + 1);
	free(tb->tb_rows);
	free(tb);
}

/* The whole file into tb_text, terminated. NULL, or what is wrong. */
static const char *
table_load(struct table *tb, int fd)
{
	struct stat	 st;
	ssize_t		 n;
	size_t		 have = 0;

	if (fstat(fd, &st) == -1)
		return (strerror(errno));
	if (!S_ISREG(st.st_mode))
		return ("not a regular file");
	if (st.st_size > TABLE_SIZE_MAX)
		return ("too large");
	tb->tb_size = st.st_size;
	if ((tb->tb_text = malloc(tb->tb_size + 1)) == NULL)
		return (strerror(errno));
	while (have < tb->tb_size) {
		n = pread(fd, tb->tb_text + have, tb->tb_size - have, have);
		if (n == -1)
			return (strerror(errno));
		if (n == 0)
			break;
		have += n;
	}
	/* Shorter than a moment ago: somebody writes it, keep what is there. */
	memset(tb->tb_text + have, '\0', tb->tb_size + 1 - have);
	if (memchr(tb->tb_text, '\0', have) != NULL)
		return ("has a NUL octet");
	return (NULL);
}

static int
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

/* Cut a line into a row.  NULL, or what is wrong with it. */
static const char *
table_split(char *line, struct table_row *tr)
{
	char	*end;

	tr->tr_key = line;
	if (*line == '[')
		line += strcspn(line, "]");
	line += strcspn(line, " \t:");
	if (*line == '\0')
		return ("no value behind the key");
	end = line++;
	while (is_blank(*line))
		line++;
	*end = '\0';
	if (*tr->tr_key == '\0')
		return ("no key");
	if (*line == '\0')
		return ("no value behind the key");
	tr->tr_value = line;
	return (NULL);
}

static const char *
table_add(struct table *tb, const struct table_row *tr)
{
	struct table_row	*rows;
	size_t			 room;

	if (tb->tb_count == tb->tb_room) {
		room = tb->tb_room == 0 ? 64 : tb->tb_room * 2;
		rows = reallocarray(tb->tb_rows, room, sizeof(*rows));
		if (rows == NULL)
			return (strerror(errno));
		tb->tb_rows = rows;
		tb->tb_room = room;
	}
	tb->tb_rows[tb->tb_count++] = *tr;
	return (NULL);
}

/* One line of the file, terminated, line end and all cut off. */
static const char *
table_line(struct table *tb, char *line, unsigned int number,
    const char *(*check)(const struct table_row *))
{
	struct table_row	 tr = { 0 };
	const char		*why;
	char			*key;
	size_t			 len;

	while (is_blank(*line))
		line++;
	len = strlen(line);
	while (len > 0 && (is_blank(line[len - 1]) || line[len - 1] == '\r'))
		line[--len] = '\0';
	if (*line == '\0' || *line == '#')
		return (NULL);
	key = line;
	if ((why = table_split(line, &tr)) != NULL)
		return (why);
	table_lower(key);
	tr.tr_line = number;
	if (check != NULL && (why = check(&tr)) != NULL)
		return (why);
	return (table_add(tb, &tr));
}

static int
row_cmp(const void *a, const void *b)
{
	const struct table_row	*x = a, *y = b;
	int			 c;

	if ((c = strcmp(x->tr_key, y->tr_key)) != 0)
		return (c);
	return (x->tr_line < y->tr_line ? -1 : x->tr_line > y->tr_line);
}

/* Sort, and keep the last of equal keys. */
static void
table_sort(struct table *tb)
{
	size_t	 i, kept = 0;

	if (tb->tb_count == 0)
		return;
	qsort(tb->tb_rows, tb->tb_count, sizeof(tb->tb_rows[0]), row_cmp);
	for (i = 0; i < tb->tb_count; i++) {
		if (i + 1 < tb->tb_count && strcmp(tb->tb_rows[i].tr_key,
		    tb->tb_rows[i + 1].tr_key) == 0)
			continue;
		tb->tb_rows[kept++] = tb->tb_rows[i];
	}
	tb->tb_count = kept;
}

struct table *
table_read(int fd, const char *name,
    const char *(*check)(const struct table_row *), char *why, size_t size)
{
	struct table	*tb;
	const char	*wrong;
	char		*line, *next;
	unsigned int	 number = 0;

	if ((tb = calloc(1, sizeof(*tb))) == NULL) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		return (NULL);
	}
	if ((wrong = table_load(tb, fd)) != NULL) {
		snprintf(why, size, "%s: %s", name, wrong);
		table_free(tb);
		return (NULL);
	}
	for (line = tb->tb_text; line != NULL && *line != '\0'; line = next) {
		number++;
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if ((wrong = table_line(tb, line, number, check)) != NULL) {
			snprintf(why, size, "%s:%u: %s", name, number, wrong);
			table_free(tb);
			return (NULL);
		}
	}
	table_sort(tb);
	return (tb);
}

static int
key_cmp(const void *key, const void *row)
{
	return (strcmp(key, ((const struct table_row *)row)->tr_key));
}

const struct table_row *
table_find(const struct table *tb, const char *key)
{
	char	 lower[KEY_MAX];

	if (tb->tb_count == 0 ||
	    strlcpy(lower, key, sizeof(lower)) >= sizeof(lower))
		return (NULL);
	table_lower(lower);
	return (bsearch(lower, tb->tb_rows, tb->tb_count,
	    sizeof(tb->tb_rows[0]), key_cmp));
}

const struct table_row *
table_row(const struct table *tb, size_t i)
{
	return (i < tb->tb_count ? &tb->tb_rows[i] : NULL);
}

/* A decimal number up to the next ':', which it steps over. -1 if none. */
static long long
number_field(const char **value)
{
	const char	*colon, *errstr;
	char		 digits[16];
	long long	 n;
	size_t		 len;

	if ((colon = strchr(*value, ':')) == NULL)
		return (-1);
	len = colon - *value;
	if (len == 0 || len >= sizeof(digits) ||
	    strspn(*value, "0123456789") != len)
		return (-1);
	memcpy(digits, *value, len);
	digits[len] = '\0';
	/* The highest id is the "no id" of chown(2). */
	n = strtonum(digits, 0, (long long)UINT_MAX - 1, &errstr);
	*value = colon + 1;
	return (errstr == NULL ? n : -1);
}

const char *
userinfo_parse(const char *value, struct userinfo *ui)
{
	long long	 n;

	if ((n = number_field(&value)) == -1)
		return ("bad uid, want uid:gid:directory");
	ui->ui_uid = n;
	if ((n = number_field(&value)) == -1)
		return ("bad gid, want uid:gid:directory");
	ui->ui_gid = n;
	if (value[0] != '/')
		return ("directory is not an absolute path");
	ui->ui_dir = value;
	return (NULL);
}

const char *
credentials_hash(const char *value)
{
	const char	*colon;

	colon = strchr(value, ':');
	return (colon == NULL ? value : colon + 1);
}
