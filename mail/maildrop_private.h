/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop from inside: what its sources share.  maildrop.c opens and
 * answers, snapshot.c finds out what is there, measure.c looks at files,
 * fetch.c opens them for RETR, update.c is what QUIT does.
 */

#ifndef MAILDROP_PRIVATE_H
#define MAILDROP_PRIVATE_H

#include <sys/types.h>
#include <stdint.h>

#include "maildir.h"
#include "maildrop.h"
#include "popcache.h"

enum drop_mark {
	DROP_DELETED	= 0x01,
	DROP_RETRIEVED	= 0x02,
	DROP_GONE	= 0x04,		/* not found by a scan for it */
	DROP_MISSING	= 0x08		/* at UPDATE, before such a scan */
};

struct maildrop {
	int			  md_fd;	/* the maildir, locked */
	int			  md_dir[MAILDIR_DIRS];	/* -1: not open */
	struct popcache		  md_pc;
	struct maildir_stamp	  md_stamp[MAILDIR_DIRS]; /* at the scan */

	/* The list: message n at n - 1. */
	int			  md_loaded;
	int			  md_damaged;	/* and not what was told */
	struct popcache_entry	**md_list;
	unsigned char		 *md_mark;	/* enum drop_mark */
	uint32_t		  md_last;
	uint64_t		  md_octets;	/* of all of it */
	uint32_t		  md_marked;	/* marked deleted */
	uint64_t		  md_marked_octets;

	/* For the index. */
	int			  md_new_fd;	/* popcache.new, or -1 */
	int			  md_scanned;	/* at the session's start */
	int			  md_news;	/* entries are not the file's */
	int			  md_more;	/* its header covers less */
	int			  md_in_file;	/* the file has this list */
	int			  md_steady[MAILDIR_DIRS]; /* to be recorded */

	/* Where a file that was missing was last looked for. */
	int			  md_looked;
	struct maildir_stamp	  md_looked_at[MAILDIR_DIRS];
};

/* What a scan saw of one file; new ones are measured. */
struct measure {
	const char		 *ms_name;
	size_t			  ms_name_len;
	enum maildir_dir	  ms_dir;
	int			  ms_type;	/* DT_* of the directory */
	uint64_t		  ms_size;
	uint64_t		  ms_octets;
	uint64_t		  ms_mtime;
};

enum measured {
	MEASURED,
	MEASURE_NO_MAIL,	/* not a regular file: not ours to serve */
	MEASURE_VANISHED,
	MEASURE_UNREADABLE,	/* may heal without a change of directory */
	MEASURE_NO_MEANS	/* out of descriptors or memory */
};

/* Find out size, octets and mtime of a file.  errno says why not. */
enum measured	 drop_measure(struct maildrop *, struct measure *);

/*
 * A descriptor of new/ or cur/, which the maildrop owns; -1 and errno
 * (ENOENT: there is none).
 */
int		 drop_dir(struct maildrop *, enum maildir_dir);

/*
 * Find out what is in the maildir, with the help of popcache: fills
 * everything from md_loaded on.  MAILDROP_OK, or why not (logged).
 */
enum maildrop_error	 drop_snapshot(struct maildrop *);

/*
 * Look for messages that are not where they were: names of both directories
 * against the list.  0, or -1 and errno.
 */
int		 drop_look(struct maildrop *);

/* Read the stamps of both directories.  0, or -1 and *error, logged. */
int		 drop_stamps(struct maildrop *,
		    struct maildir_stamp [MAILDIR_DIRS],
		    enum maildrop_error *);

/* Whether both directories have a stamp that may be recorded. */
int		 drop_steady(const struct maildrop *);

/* The file for the next popcache is not needed. */
void		 drop_discard(struct maildrop *);

/* Whether errno is a lack of means that may pass. */
int		 drop_temporary(int);

#endif
