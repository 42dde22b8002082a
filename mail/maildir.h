/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The names of a maildir and its directories: what the maildir
 * specification says, and nothing about messages or popcache.
 *
 * A file's name is a base name, the message's identity, and perhaps a suffix,
 * ":1," or ":2," and flags, which other programs change.  A colon that
 * begins neither is an octet of the base name like any other.
 */

#ifndef MAILDIR_H
#define MAILDIR_H

#include <sys/types.h>
#include <stdint.h>
#include <time.h>

#include "limits.h"

/* new/ or cur/, as an index. */
enum maildir_dir { MAILDIR_NEW, MAILDIR_CUR, MAILDIR_DIRS };
extern const char *const maildir_dirname[MAILDIR_DIRS];

/*
 * Whether a name of len octets can be a message: 1 to MAILNAME_MAX octets,
 * no '/' and no NUL, not starting with a dot.
 */
int		 maildir_name_ok(const char *, size_t);

/* The length of the base name of a name of len octets. */
size_t		 maildir_base_len(const char *, size_t);

/*
 * The value of the tag ",<letter>=<decimal>" in a base name of len octets.
 * 1 and *value, or 0 if there is none that is well formed.
 */
int		 maildir_tag(const char *, size_t, char, uint64_t *);

/*
 * The decimal number before the first dot of a base name of len octets.  1
 * and *order, or 0 if there is none or it does not fit in 63 bits.
 */
int		 maildir_order(const char *, size_t, uint64_t *);

/*
 * The suffix that says what this one (a string) says and "seen", flags in
 * ASCII order, into buf.  A suffix of a form that we do not know is copied
 * as it is.  0, or -1 if it does not fit.
 */
int		 maildir_seen(const char *, char *, size_t);

/* Whether a suffix (a string) has a flag. */
int		 maildir_flag(const char *, char);

/* Our effective uid, asked of the system once: it never changes. */
uid_t		 maildir_uid(void);

/*
 * Open a maildir: no symbolic link at its end, a directory, owned by us.
 * The descriptor, or -1 with errno, and *why a constant text for people.
 */
int		 maildir_open(const char *, const char **);

/*
 * When a directory changed, to compare for equality only.  All zero: none.
 */
struct maildir_stamp {
	uint64_t	 ms_dev;
	uint64_t	 ms_ino;
	int64_t		 ms_mtime;
	uint64_t	 ms_mtime_nsec;
	int64_t		 ms_ctime;
	uint64_t	 ms_ctime_nsec;
};

/*
 * The stamp of directory name below the descriptor.  1 and *stamp; 0 if there
 * is no such directory, *stamp all zero; -1 and errno (ENOTDIR: something
 * else is there).
 */
int		 maildir_stamp(int, const char *, struct maildir_stamp *);

/*
 * The stamp of a regular file below the descriptor, likewise (EINVAL:
 * something else is there).
 */
int		 maildir_stamp_file(int, const char *, struct maildir_stamp *);

/* Whether it says when, and not only which directory. */
int		 maildir_stamp_timed(const struct maildir_stamp *);

int		 maildir_stamp_equal(const struct maildir_stamp *,
		    const struct maildir_stamp *);

/*
 * Whether the stamp may be recorded: at least STAMP_GUARD_SECONDS older
 * than now, which is the file system's own clock, read before the scan began.
 */
int		 maildir_stamp_old(const struct maildir_stamp *,
		    const struct timespec *);

/* One name of a directory, as maildir_scan() finds it. */
struct maildir_found {
	const char	*fn_name;	/* only during the call */
	size_t		 fn_len;
	size_t		 fn_base;	/* length of the base name */
	uint64_t	 fn_ino;	/* of maildir_ino() */
	int		 fn_type;	/* DT_*, DT_UNKNOWN too */
};

/* Whether it can be a regular file, as far as the directory knows. */
int		 maildir_file(const struct maildir_found *);

/*
 * An inode's number in the 48 bits that popcache has for it.  With the base
 * name it says which file is meant; 0 is a number that nobody knows.
 */
uint64_t	 maildir_ino(uint64_t);

/*
 * Call back for every name of a directory (an open descriptor, which stays
 * open) that can be a message.  Stops at the first callback that does not
 * return 0: -1 with errno, or 1 if it has seen enough.  Returns what that
 * callback did, else 0, or -1 and errno.
 */
int		 maildir_scan(int,
		    int (*)(void *, const struct maildir_found *), void *);

/*
 * fsync(2) of a directory.  0, also where a file system has none of that; or
 * -1 and errno.
 */
int		 maildir_sync(int);

/*
 * Remove regular files of tmp/, below the descriptor, that are older than
 * TMP_STALE_SECONDS.  Returns how many; whatever fails is left for another
 * time.
 */
int		 maildir_sweep(int);

#endif
