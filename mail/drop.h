/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The directories of a maildrop, for the files of maildrop_private.h.
 */

#ifndef DROP_H
#define DROP_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "maildir.h"
#include "maildrop.h"

struct popcache_entry;
struct stat;

/* Flags to open a message: follow no link, do not block. */
#define DROP_OPEN	(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/*
 * Return a descriptor of new/ or cur/, which the maildrop owns; -1 with errno
 * set (ENOENT: it does not exist).
 */
int		 drop_dir(struct maildrop *, enum maildir_dir);

/*
 * Read the stamps of both directories.  Return 0, or -1 with *error set,
 * logged.
 */
int		 drop_stamps(struct maildrop *,
		    struct maildir_stamp [MAILDIR_DIRS],
		    enum maildrop_error *);

/*
 * Return whether both directories are those that the session began with.  One
 * missing then may exist now.
 */
int		 drop_same_dirs(struct maildrop *);

/* Return whether both directories, and popuidl, have recordable stamps. */
int		 drop_steady(const struct maildrop *);

/*
 * Set md_now to the file system's clock, by which stamps are judged: the time
 * of the file that becomes the next popcache.  Call before reading any name.
 * Return 1, or 0 if that file cannot be made.
 */
int		 drop_clock(struct maildrop *);

/* Remove the file for the next popcache, which is not needed. */
void		 drop_discard(struct maildrop *);

/*
 * Write the name that a message will have in cur/ when seen into a buffer of
 * size octets.  Return 0, or -1 if it does not fit.
 */
int		 drop_seen(const struct popcache_entry *, char *, size_t);

/* Map an errno to the error of a session or a message. */
enum maildrop_error	 drop_error(int);

/* Return the number of a file as stored in entries. */
uint64_t	 drop_ino(const struct stat *);

#endif
