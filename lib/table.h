/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OpenSMTPD table files: `key <blanks> value' (table(5)).
 */

#ifndef TABLE_H
#define TABLE_H

#include <sys/types.h>

struct table;
struct table_reader;

struct table_row {
	const char	*tr_key;	/* lower-cased */
	const char	*tr_value;
	unsigned int	 tr_line;	/* of the file, from 1 */
};

/* What a reader asks of each row: NULL, or what is wrong with it. */
typedef const char *table_check(const struct table_row *);

enum table_state {
	TABLE_MORE,			/* call again */
	TABLE_DONE,
	TABLE_BAD
};

/*
 * table_read.c: a file becomes a table, slice by slice, so that a process with
 * other work can read a large one.
 *
 * Leading and trailing blanks and CRs go, empty lines and lines that begin
 * with # are skipped, keys are lower-cased, and the last of equal keys wins,
 * as smtpd has it.  A file that changes meanwhile is bad.
 */

/*
 * Begin to read from fd with pread(2) from 0; name is for messages.  old is
 * the table in use that the new one is to replace, NULL for the first: a
 * table without rows after one with some, or without a newline at the end
 * after any, has lost something and is bad.  fd, name and old stay the
 * caller's, for as long as the reader is there.  NULL, and errno, if there is
 * no memory.
 */
struct table_reader *table_open(int fd, const char *name,
		    const struct table *old, table_check *check);

/* Its rows need no value: it is a list of names.  Before the first step. */
void		 table_names(struct table_reader *);

/*
 * Read some lines more.  TABLE_BAD comes with one line "name:line: reason"
 * in why.  After anything but TABLE_MORE only table_take() and
 * table_cancel() are allowed.
 */
enum table_state table_step(struct table_reader *reader, unsigned int lines,
		    char *why, size_t size);

/*
 * Go on after a line that is wrong: all of them are logged, a screenful at the
 * most, but the last, which is the reason in the end.  Before the first step.
 */
void		 table_all(struct table_reader *);

/* The table, after TABLE_DONE, for table_free(); the reader is gone. */
struct table	*table_take(struct table_reader *);

/* Drop a reader, NULL too, with whatever it has. */
void		 table_cancel(struct table_reader *);

/*
 * All of it at once.  Returns a table, or NULL with one line in why.
 */
struct table	*table_read(int fd, const char *name, table_check *check,
		    char *why, size_t size);

/*
 * Log how many users a table has, how many of them the old one had not, and
 * how many are gone; as a warning if that is more than half of the old.
 */
void		 table_tell(const struct table *, const char *name);

/* table.c: a table in use. */

/* Wipe and free; NULL does nothing. */
void		 table_free(struct table *);

/* The row of a key, in any case; NULL if there is none. */
const struct table_row *table_find(const struct table *, const char *);

/* The rows, one for each key, for i from 0; NULL after the last. */
const struct table_row *table_row(const struct table *, size_t);
size_t		 table_count(const struct table *);

/* The line of the last row in the file; 0 if there are no rows. */
unsigned int	 table_last(const struct table *);

/*
 * NULL, or what makes it likely that the file lost something: for a warning
 * about the first table.
 */
const char	*table_doubt(const struct table *);

/* How many keys the old one had not, and how many are only in the old one. */
void		 table_news(const struct table *, size_t *, size_t *);

/*
 * Lower-case as table keys are: ASCII letters only, in place.
 */
void		 table_lower(char *);

/* usertab: the value uid:gid:directory of a userbase table. */
struct userinfo {
	uid_t		 ui_uid;
	gid_t		 ui_gid;
	const char	*ui_dir;	/* inside the value */
};

/* NULL, or what is wrong with the value.  uid 0 and gid 0 pass here. */
const char	*table_userinfo(const char *, struct userinfo *);

/*
 * authtab: the hash in the value of a credentials table, which is either
 * the hash or user:hash; points into the value.  "" if there is none.
 */
const char	*table_hash(const char *);

#endif
