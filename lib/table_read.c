/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Read a file into a table, in slices.  See table.h.
 *
 * First the text is loaded, its lines are counted, and it is compared with the
 * file, as a second change within a tick of the clock leaves the file's times.
 * Then the index is allocated in its final size, and the lines are split and
 * entered one by one.  Nothing is sorted at the end, and no step takes longer
 * than the others.
 */

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <siphash.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "table.h"
#include "table_private.h"

/* Octets loaded instead of parsing a line, which takes as long. */
#define LINE_OCTETS	64

struct table_reader {
	struct table		*rd_table;
	const struct table	*rd_old;
	const char		*rd_name;
	table_check		*rd_check;
	int			 rd_names;	/* rows need no value */
	int			 rd_whole;	/* doubts are errors */
	int			 rd_fd;
	struct stat		 rd_stat;	/* before the first octet */
	size_t			 rd_have;	/* octets loaded */
	size_t			 rd_same;	/* of these, read twice */
	size_t			 rd_newlines;	/* among them */
	char			*rd_next;	/* next line; NULL: loading */
	unsigned int		 rd_line;	/* number of the line before */
	size_t			 rd_common;	/* rows with keys of rd_old's */
	size_t			 rd_changed;	/* of these, other values */
	int			 rd_warn;	/* about equal keys */
	int			 rd_all;	/* continue after a bad line */
	unsigned int		 rd_wrongs;	/* bad lines */
	unsigned int		 rd_wrong_line;	/* the last one */
	const char		*rd_wrong;	/* what is wrong with it */
};

/* Map zeroed memory that a child does not inherit.  NULL with errno set. */
static void *
table_map(size_t len)
{
	void	*p;

	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
	    -1, 0);
	if (p == MAP_FAILED)
		return (NULL);
	if (minherit(p, len, MAP_INHERIT_NONE) == -1) {
		munmap(p, len);
		return (NULL);
	}
	return (p);
}

struct table_reader *
table_open(int fd, const char *name, const struct table *old,
    table_check *check)
{
	struct table_reader	*rd;

	if ((rd = calloc(1, sizeof(*rd))) == NULL)
		return (NULL);
	if ((rd->rd_table = calloc(1, sizeof(*rd->rd_table))) == NULL) {
		free(rd);
		return (NULL);
	}
	rd->rd_fd = fd;
	rd->rd_name = name;
	rd->rd_old = old;
	rd->rd_check = check;
	return (rd);
}

void
table_names(struct table_reader *rd)
{
	rd->rd_names = 1;
}

void
table_whole(struct table_reader *rd)
{
	rd->rd_whole = 1;
}

void
table_all(struct table_reader *rd)
{
	rd->rd_all = 1;
}

void
table_warn(struct table_reader *rd)
{
	rd->rd_warn = 1;
}

void
table_cancel(struct table_reader *rd)
{
	if (rd == NULL)
		return;
	table_free(rd->rd_table);
	free(rd);
}

struct table *
table_take(struct table_reader *rd)
{
	struct table	*tb = rd->rd_table;

	free(rd);
	return (tb);
}

/* Allocate the whole file and a NUL.  Return NULL, or what is wrong. */
static const char *
load_start(struct table_reader *rd)
{
	struct table	*tb = rd->rd_table;

	if (fstat(rd->rd_fd, &rd->rd_stat) == -1)
		return (strerror(errno));
	if (!S_ISREG(rd->rd_stat.st_mode))
		return ("not a regular file");
	if (rd->rd_stat.st_size > TABLE_SIZE_MAX)
		return ("too large");
	tb->tb_text_len = rd->rd_stat.st_size + 1;
	if ((tb->tb_text = table_map(tb->tb_text_len)) == NULL)
		return (strerror(errno));
	return (NULL);
}

/* Check that the file has not changed since reading began. */
static const char *
load_unchanged(const struct table_reader *rd)
{
	const struct stat	*was = &rd->rd_stat;
	struct stat		 is;

	if (fstat(rd->rd_fd, &is) == -1)
		return (strerror(errno));
	if (is.st_size != was->st_size ||
	    is.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	    is.st_mtim.tv_nsec != was->st_mtim.tv_nsec ||
	    is.st_ctim.tv_sec != was->st_ctim.tv_sec ||
	    is.st_ctim.tv_nsec != was->st_ctim.tv_nsec)
		return ("changed while being read");
	return (NULL);
}

/* Allocate the index after the number of lines is known. */
static const char *
load_done(struct table_reader *rd)
{
	struct table	*tb = rd->rd_table;
	const char	*why;
	size_t		 lines, slots = 2;

	if ((why = load_unchanged(rd)) != NULL)
		return (why);
	tb->tb_open_end = rd->rd_have > 0 &&
	    tb->tb_text[rd->rd_have - 1] != '\n';
	/* One row per line, including one without a newline. */
	lines = rd->rd_newlines + 1;
	while (slots < 2 * lines)
		slots *= 2;
	tb->tb_index_len = lines * sizeof(tb->tb_rows[0]) +
	    slots * sizeof(tb->tb_slots[0]);
	if ((tb->tb_index = table_map(tb->tb_index_len)) == NULL)
		return (strerror(errno));
	tb->tb_rows = tb->tb_index;
	tb->tb_slots = (struct table_slot *)(tb->tb_rows + lines);
	tb->tb_mask = slots - 1;
	arc4random_buf(&tb->tb_key, sizeof(tb->tb_key));
	rd->rd_next = tb->tb_text;
	return (NULL);
}

/* Compare a piece with the file. */
static const char *
load_again(struct table_reader *rd, size_t max)
{
	const char	*why = NULL;
	char		 buf[4096];
	ssize_t		 n;

	if (max > sizeof(buf))
		max = sizeof(buf);
	if (max > rd->rd_have - rd->rd_same)
		max = rd->rd_have - rd->rd_same;
	n = pread(rd->rd_fd, buf, max, rd->rd_same);
	if (n == -1)
		why = strerror(errno);
	else if (n == 0 ||
	    memcmp(rd->rd_table->tb_text + rd->rd_same, buf, n) != 0)
		why = "changed while being read";
	else
		rd->rd_same += n;
	explicit_bzero(buf, sizeof(buf));
	return (why);
}

/* Load a piece of the file.  Return NULL, or what is wrong. */
static const char *
load_step(struct table_reader *rd, size_t max)
{
	struct table	*tb = rd->rd_table;
	const char	*p, *end;
	size_t		 size;
	ssize_t		 n;

	if (tb->tb_text == NULL)
		return (load_start(rd));
	size = rd->rd_stat.st_size;
	if (rd->rd_have == size)
		return (rd->rd_same == size ? load_done(rd) :
		    load_again(rd, max));
	if (max > size - rd->rd_have)
		max = size - rd->rd_have;
	n = pread(rd->rd_fd, tb->tb_text + rd->rd_have, max, rd->rd_have);
	if (n == -1)
		return (strerror(errno));
	if (n == 0)
		return ("changed while being read");
	p = tb->tb_text + rd->rd_have;
	end = p + n;
	rd->rd_have += n;
	if (memchr(p, '\0', n) != NULL)
		return ("has a NUL octet");
	while ((p = memchr(p, '\n', end - p)) != NULL) {
		rd->rd_newlines++;
		p++;
	}
	return (NULL);
}

static int
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

/* Split a line into a row.  Return NULL, or what is wrong with it. */
static const char *
line_split(char *line, struct table_row *tr, int names)
{
	char	*end;

	tr->tr_key = line;
	if (*line == '[')
		line += strcspn(line, "]");
	line += strcspn(line, " \t:");
	tr->tr_value = "";
	if (*line == '\0')
		return (names ? NULL : "no value after the key");
	end = line++;
	while (is_blank(*line))
		line++;
	*end = '\0';
	if (*tr->tr_key == '\0')
		return ("no key");
	if (*line == '\0')
		return ("no value after the key");
	tr->tr_value = line;
	return (NULL);
}

/* The row's key is also on an earlier line. */
static void
line_again(struct table_reader *rd, const struct table_row *tr,
    const struct table_row *earlier)
{
	char	 key[LOG_QUOTE_MAX];

	if (rd->rd_table->tb_again++ < WARNINGS_MAX && rd->rd_warn)
		log_warnx("%s:%u: %s is also on line %u: this one is used",
		    rd->rd_name, tr->tr_line,
		    log_quote(tr->tr_key, key, sizeof(key)), earlier->tr_line);
}

/* Enter a row; the last of equal keys wins. */
static void
line_enter(struct table_reader *rd, const struct table_row *tr)
{
	struct table		*tb = rd->rd_table;
	const struct table_row	*old = NULL;
	struct table_row	*new;
	struct table_slot	*tsl;
	uint32_t		 bits;

	tb->tb_last = tr->tr_line;
	if (rd->rd_old != NULL)
		old = table_find(rd->rd_old, tr->tr_key);
	tsl = table_slot(tb, tr->tr_key, &bits);
	if (tsl->tsl_row == 0) {
		tsl->tsl_bits = bits;
		tsl->tsl_row = ++tb->tb_count;
		new = &tb->tb_rows[tsl->tsl_row - 1];
		rd->rd_common += old != NULL;
	} else {
		new = &tb->tb_rows[tsl->tsl_row - 1];
		line_again(rd, tr, new);
		rd->rd_changed -= old != NULL &&
		    strcmp(old->tr_value, new->tr_value) != 0;
	}
	rd->rd_changed += old != NULL &&
	    strcmp(old->tr_value, tr->tr_value) != 0;
	*new = *tr;
}

/* Parse one line of the file, NUL-terminated, without its newline. */
static const char *
line_parse(struct table_reader *rd, char *line)
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
	if ((why = line_split(line, &tr, rd->rd_names)) != NULL)
		return (why);
	table_lower(key);
	tr.tr_line = rd->rd_line;
	if (rd->rd_check != NULL && (why = rd->rd_check(&tr)) != NULL)
		return (why);
	line_enter(rd, &tr);
	return (NULL);
}

/* Parse the next line.  Return NULL, or what is wrong with it. */
static const char *
line_step(struct table_reader *rd)
{
	char	*line = rd->rd_next, *end;

	rd->rd_line++;
	if ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		rd->rd_next = end + 1;
	} else
		rd->rd_next = line + strlen(line);
	return (line_parse(rd, line));
}

/* Handle a bad line: NULL to continue, or what is wrong with it. */
static const char *
line_wrong(struct table_reader *rd, const char *wrong)
{
	if (!rd->rd_all)
		return (wrong);
	if (rd->rd_wrongs++ > 0 && rd->rd_wrongs <= WRONGS_MAX)
		log_warnx("%s:%u: %s", rd->rd_name, rd->rd_wrong_line,
		    rd->rd_wrong);
	rd->rd_wrong_line = rd->rd_line;
	rd->rd_wrong = wrong;
	return (NULL);
}

/* Finish: NULL, or what is wrong, or seems truncated. */
static const char *
lines_done(struct table_reader *rd)
{
	struct table	*tb = rd->rd_table;

	if (rd->rd_wrongs > 0) {
		if (rd->rd_wrongs > WRONGS_MAX)
			log_warnx("%s: %u more wrong lines", rd->rd_name,
			    rd->rd_wrongs - WRONGS_MAX);
		rd->rd_line = rd->rd_wrong_line;
		return (rd->rd_wrong);
	}
	if (rd->rd_warn && tb->tb_again > WARNINGS_MAX)
		log_warnx("%s: %zu more lines of names that came before",
		    rd->rd_name, tb->tb_again - WARNINGS_MAX);
	tb->tb_came = tb->tb_count - rd->rd_common;
	tb->tb_changed = rd->rd_changed;
	if (rd->rd_old != NULL)
		tb->tb_went = rd->rd_old->tb_count - rd->rd_common;
	/* An empty table cannot have lost anything. */
	if (!rd->rd_whole || (tb->tb_count == 0 && rd->rd_old != NULL &&
	    rd->rd_old->tb_count == 0))
		return (NULL);
	return (table_doubt(tb));
}

enum table_state
table_step(struct table_reader *rd, unsigned int lines, char *why, size_t size)
{
	const char	*wrong = NULL;

	if (rd->rd_next == NULL) {
		wrong = load_step(rd, (size_t)lines * LINE_OCTETS);
		if (wrong == NULL)
			return (TABLE_MORE);
		snprintf(why, size, "%s: %s", rd->rd_name, wrong);
		return (TABLE_BAD);
	}
	for (; lines > 0 && wrong == NULL && *rd->rd_next != '\0'; lines--)
		if ((wrong = line_step(rd)) != NULL)
			wrong = line_wrong(rd, wrong);
	if (wrong == NULL && *rd->rd_next != '\0')
		return (TABLE_MORE);
	if (wrong == NULL && (wrong = lines_done(rd)) == NULL)
		return (TABLE_DONE);
	snprintf(why, size, "%s:%u: %s", rd->rd_name,
	    rd->rd_line > 0 ? rd->rd_line : 1, wrong);
	return (TABLE_BAD);
}

struct table *
table_read(int fd, const char *name, table_check *check, char *why,
    size_t size)
{
	struct table_reader	*rd;
	enum table_state	 state;

	if ((rd = table_open(fd, name, NULL, check)) == NULL) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		return (NULL);
	}
	while ((state = table_step(rd, UINT32_MAX / LINE_OCTETS, why,
	    size)) == TABLE_MORE)
		continue;
	if (state == TABLE_DONE)
		return (table_take(rd));
	table_cancel(rd);
	return (NULL);
}

void
table_tell(const struct table *tb, const char *name)
{
	size_t	 had = tb->tb_count - tb->tb_came + tb->tb_went;

	if (tb->tb_went > had / 2)
		log_warnx("%s: %zu of %zu users are gone, %zu are new, "
		    "%zu changed", name, tb->tb_went, had, tb->tb_came,
		    tb->tb_changed);
	else
		log_info("%s: %zu users, %zu new, %zu changed, %zu gone", name,
		    tb->tb_count, tb->tb_came, tb->tb_changed, tb->tb_went);
}
