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

struct table_row {
	const char	*tr_key;	/* lower-cased */
	const char	*tr_value;
	unsigned int	 tr_line;	/* of the file, from 1 */
};

/*
 * Read a whole table from fd with pread(2) from 0; name is for messages.
 * Leading and trailing blanks and CRs go, empty lines and lines that begin
 * with # are skipped, keys are lower-cased, and the last of equal keys wins,
 * as smtpd has it.  Each row is given to check(), which returns NULL or what
 * is wrong with it.  Returns a table that table_free() frees (and wipes), or
 * NULL with one line "name:line: reason" in why.
 */
struct table	*table_read(int, const char *,
		    const char *(*)(const struct table_row *), char *, size_t);
void		 table_free(struct table *);

/* The row of a key, in any case; NULL if there is none. */
const struct table_row *table_find(const struct table *, const char *);

/* The rows in order of their keys, for i from 0; NULL behind the last. */
const struct table_row *table_row(const struct table *, size_t);

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
const char	*userinfo_parse(const char *, struct userinfo *);

/*
 * authtab: the hash in the value of a credentials table, which is either
 * the hash or user:hash; points into the value.  "" if there is none.
 */
const char	*credentials_hash(const char *);

#endif
