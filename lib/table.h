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

/* Check a row for a reader: NULL, or what is wrong with it. */
typedef const char *table_check(const struct table_row *);

enum table_state {
	TABLE_MORE,			/* call again */
	TABLE_DONE,
	TABLE_BAD
};

/*
 * table_read.c: read a file into a table, slice by slice, so that a process
 * with other work can read a large one.
 *
 * Leading and trailing blanks and CRs are dropped, empty lines and lines
 * beginning with # are skipped, keys are lower-cased, and the last of equal
 * keys wins, as in smtpd.  A file that changes while being read is bad.
 */

/*
 * Begin to read from fd with pread(2) from 0; name is for messages.  old is the
 * table in use that the new one will replace, or NULL.  fd, name and old stay
 * the caller's and must outlive the reader.  Return NULL with errno set if
 * memory is short.
 */
struct table_reader *table_open(int fd, const char *name,
		    const struct table *old, table_check *check);

/* Read a list of names: rows need no value.  Call before the first step. */
void		 table_names(struct table_reader *);

/*
 * A table without rows, except after an old one without, or without a newline
 * at the end, has lost something and is bad.  Call before the first step.
 */
void		 table_whole(struct table_reader *);

/*
 * Read some more lines.  TABLE_BAD sets why to one line "name:line: reason".
 * After anything but TABLE_MORE only table_take() and table_cancel() are
 * allowed.
 */
enum table_state table_step(struct table_reader *reader, unsigned int lines,
		    char *why, size_t size);

/*
 * Continue after bad lines: log all of them, up to a screenful, except the
 * last, which becomes the reason.  Call before the first step.
 */
void		 table_all(struct table_reader *);

/*
 * Warn about names on several lines, of which the last counts.  Call before the
 * first step.
 */
void		 table_warn(struct table_reader *);

/* Return the table, after TABLE_DONE, for table_free(); frees the reader. */
struct table	*table_take(struct table_reader *);

/* Free a reader and all that it has; NULL is allowed. */
void		 table_cancel(struct table_reader *);

/* Read all at once.  Return a table, or NULL with one line in why. */
struct table	*table_read(int fd, const char *name, table_check *check,
		    char *why, size_t size);

/*
 * Log how many users a table has, how many of them are new or have another
 * line, and how many are gone; as a warning if more than half of the old ones
 * are gone.
 */
void		 table_tell(const struct table *, const char *name);

/* table.c: a table in use. */

/* Wipe and free; NULL is allowed. */
void		 table_free(struct table *);

/* Return the row of a key, in any case; NULL if there is none. */
const struct table_row *table_find(const struct table *, const char *);

/* Return row i, from 0, one for each key; NULL after the last. */
const struct table_row *table_row(const struct table *, size_t);
size_t		 table_count(const struct table *);

/* Return the line number of the last row; 0 without rows. */
unsigned int	 table_last(const struct table *);

/* Return what suggests that the file was truncated, or NULL. */
const char	*table_doubt(const struct table *);

/* Return the number of lines whose key is on an earlier line. */
size_t		 table_repeats(const struct table *);

/* Convert to lower case like table keys: ASCII letters only, in place. */
void		 table_lower(char *);

/* usertab: the value uid:gid:directory of a userbase table. */
struct userinfo {
	uid_t		 ui_uid;
	gid_t		 ui_gid;
	const char	*ui_dir;	/* inside the value */
};

/* Return NULL, or what is wrong with it.  uid 0 and gid 0 are allowed. */
const char	*table_userinfo(const char *, struct userinfo *);

/*
 * authtab: return the hash in the value of a credentials table, which is the
 * hash or user:hash; points into the value.  "" if there is none.  A value that
 * begins with ! or * locks its user, whatever follows, and is returned whole.
 */
const char	*table_hash(const char *);

#endif
