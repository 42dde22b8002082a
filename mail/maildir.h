/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The names of a maildir and its directories: the maildir specification,
 * without messages or popcache.
 *
 * The name of a file is a base name, the message's identity, and perhaps a
 * suffix, ":1," or ":2," and flags, which other programs change.  A colon that
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
 * Return whether a name of len octets can be a message: 1 to MAILNAME_MAX
 * octets, no '/' and no NUL, not starting with a dot.
 */
int		 maildir_name_ok(const char *, size_t);

/* Return the length of the base name of a name of len octets. */
size_t		 maildir_base_len(const char *, size_t);

/*
 * Set value to that of the tag ",<letter>=<decimal>" in a base name of len
 * octets.  Return 1, or 0 if there is no well-formed one.
 */
int		 maildir_tag(const char *, size_t, char, uint64_t *);

/*
 * Set order to the decimal number before the first dot of a base name of len
 * octets.  Return 1, or 0 if there is none or it exceeds 63 bits.
 */
int		 maildir_order(const char *, size_t, uint64_t *);

/*
 * Write this suffix (a string) with "seen" added, flags in ASCII order, into
 * buf.  A suffix of unknown form is copied unchanged.  Return 0, or -1 if it
 * does not fit.
 */
int		 maildir_seen(const char *, char *, size_t);

/* Return whether a suffix (a string) has a flag. */
int		 maildir_flag(const char *, char);

/* Return our effective uid, asked of the system once: it never changes. */
uid_t		 maildir_uid(void);

/*
 * Open a maildir: not a symbolic link, a directory, owned by us.  Return the
 * descriptor, or -1 with errno set and *why a constant text for the log.
 */
int		 maildir_open(const char *, const char **);

/* When a directory changed; only compare for equality.  All zero: none. */
struct maildir_stamp {
	uint64_t	 ms_dev;
	uint64_t	 ms_ino;
	int64_t		 ms_mtime;
	uint64_t	 ms_mtime_nsec;
	int64_t		 ms_ctime;
	uint64_t	 ms_ctime_nsec;
};

/*
 * Set the stamp of directory name below the descriptor.  Return 1; 0 if there
 * is no such directory, *stamp all zero; -1 with errno set (ENOTDIR: not a
 * directory).
 */
int		 maildir_stamp(int, const char *, struct maildir_stamp *);

/*
 * Set the stamp of a regular file below the descriptor, likewise (EINVAL: not a
 * regular file).
 */
int		 maildir_stamp_file(int, const char *, struct maildir_stamp *);

/* Return whether it has times, and not only identifies the directory. */
int		 maildir_stamp_timed(const struct maildir_stamp *);

int		 maildir_stamp_equal(const struct maildir_stamp *,
		    const struct maildir_stamp *);

/*
 * Return whether the stamp may be recorded: it is at least STAMP_GUARD_SECONDS
 * older than now, the file system's clock read before the scan.
 */
int		 maildir_stamp_old(const struct maildir_stamp *,
		    const struct timespec *);

/* One name of a directory, found by maildir_scan(). */
struct maildir_found {
	const char	*fn_name;	/* only during the call */
	size_t		 fn_len;
	size_t		 fn_base;	/* length of the base name */
	uint64_t	 fn_ino;	/* of maildir_ino() */
	int		 fn_type;	/* DT_*, also DT_UNKNOWN */
};

/* Return whether it can be a regular file, as far as the directory knows. */
int		 maildir_file(const struct maildir_found *);

/*
 * Reduce an inode number to the 48 bits that popcache stores.  With the base
 * name it identifies a file; 0 means unknown.
 */
uint64_t	 maildir_ino(uint64_t);

/*
 * Call back for every name of a directory (an open descriptor, which stays
 * open) that can be a message.  Stops at the first callback that does not
 * return 0: -1 with errno set, or 1 if it has seen enough.  Return what that
 * callback returned, otherwise 0, or -1 with errno set.
 */
int		 maildir_scan(int,
		    int (*)(void *, const struct maildir_found *), void *);

/*
 * fsync(2) a directory.  Return 0, also on file systems that cannot do that, or
 * -1 with errno set.
 */
int		 maildir_sync(int);

/*
 * Remove regular files not changed for TMP_STALE_SECONDS from tmp/ below the
 * descriptor.  Return how many; failures are left for another time.
 */
int		 maildir_sweep(int);

#endif
