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

/* How a message is opened: no link is followed, nothing is waited for. */
#define DROP_OPEN	(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/*
 * A descriptor of new/ or cur/, which the maildrop owns; -1 and errno
 * (ENOENT: there is none).
 */
int		 drop_dir(struct maildrop *, enum maildir_dir);

/*
 * Read the stamps of both directories.  0; or -1 and *error, logged.
 */
int		 drop_stamps(struct maildrop *,
		    struct maildir_stamp [MAILDIR_DIRS],
		    enum maildrop_error *);

/*
 * Whether both directories are those that the session began with.  One that
 * was not there then may have come since.
 */
int		 drop_same_dirs(struct maildrop *);

/* Whether both directories, and popuidl, have a stamp to be recorded. */
int		 drop_steady(const struct maildrop *);

/*
 * The file system's clock, by which stamps are judged, into md_now: it is the
 * time of the file that becomes the next popcache.  To be read before any
 * name.  1, or 0 if there can be no such file.
 */
int		 drop_clock(struct maildrop *);

/* The file for the next popcache is not needed. */
void		 drop_discard(struct maildrop *);

/*
 * The name, into a buffer of so many octets, that a message will have in cur/
 * once it is seen.  0, or -1 if it does not fit.
 */
int		 drop_seen(const struct popcache_entry *, char *, size_t);

/* What an errno means for a session or a message. */
enum maildrop_error	 drop_error(int);

/* The number of a file, as entries have it. */
uint64_t	 drop_ino(const struct stat *);

#endif
