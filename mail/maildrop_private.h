/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop from inside.  maildrop.c opens and answers; quick.c and
 * snapshot.c find out what is there, with find.c, items.c, twins.c, uidls.c,
 * measure.c and list.c; look.c finds a message again; expire.c finds what is
 * too old, update.c is what QUIT does; index.c writes down what was found out.
 */

#ifndef MAILDROP_PRIVATE_H
#define MAILDROP_PRIVATE_H

#include <sys/types.h>
#include <stdint.h>

#include "maildir.h"
#include "maildrop.h"
#include "nametab.h"
#include "popcache.h"

enum drop_mark {
	DROP_DELETED	= 0x01,
	DROP_RETRIEVED	= 0x02,
	DROP_GONE	= 0x04,		/* not found when it was looked for */
	DROP_CUT	= 0x08,		/* sent in part: not to be removed */
	DROP_REMOVED	= 0x10,		/* at UPDATE: is gone for good */
	DROP_MOVED	= 0x20,		/* at UPDATE: is in cur/ now */
	DROP_UNSEEN	= 0x40,		/* by a search that was not sure */
	DROP_EXPIRED	= 0x80		/* deleted for its age, by nobody's
					   DELE */
};

/* How popcache and the list of this session stand to each other. */
enum drop_index {
	INDEX_NONE,		/* none is to be written */
	INDEX_SAME,		/* the file has the list, its header says so */
	INDEX_HEADER,		/* the file has the list, its header does not */
	INDEX_MORE,		/* the file has the list's beginning */
	INDEX_OTHER		/* the file has another list, if any */
};

/* One more name of a message that has several. */
struct drop_extra {
	struct popcache_entry	*dx_entry;	/* its UIDL means nothing */
	uint32_t		 dx_item;	/* message n is n - 1 */
};

struct popuidl;

struct maildrop {
	int			  md_fd;	/* the maildir, locked; or -1 */
	int			  md_dir[MAILDIR_DIRS];	/* -1: not open */
	struct popcache		  md_pc;
	struct maildir_stamp	  md_stamp[MAILDIR_DIRS]; /* at the scan */
	int64_t			  md_stamp_ms;	/* when it was read */
	struct maildir_stamp	  md_uidls;	/* of popuidl, before */

	/* The list: message n at n - 1. */
	int			  md_loaded;
	int			  md_damaged;	/* not what was announced */
	struct popcache_entry	**md_list;
	unsigned char		 *md_mark;	/* enum drop_mark */
	uint64_t		 *md_place;	/* in popcache, once needed */
	uint32_t		  md_last;
	uint64_t		  md_octets;	/* of all of it */
	uint32_t		  md_marked;	/* marked deleted */
	uint64_t		  md_marked_octets;
	uint32_t		  md_expired;	/* gone for their age */
	uint32_t		  md_waited;	/* ms, for the lock */
	struct drop_extra	 *md_extra;
	uint32_t		  md_extras;

	/* For the index. */
	enum drop_index		  md_index;
	struct popcache_info	  md_info;	/* of INDEX_HEADER */
	int			  md_new_fd;	/* popcache.new, or -1 */
	struct timespec		  md_now;	/* the clock it was made by */
	int64_t			  md_now_ms;	/* and ours then; 0: unknown */
	int			  md_no_new;	/* it can't be made: was said */
	int			  md_hit;	/* see maildrop_indexed() */
	int			  md_scanned;	/* at the session's start */
	int			  md_again;	/* files want another look */
	int			  md_steady[MAILDIR_DIRS]; /* to be recorded */
	int			  md_uidls_steady;

	/* What is known of messages that were looked for. */
	struct nametab		  md_names;	/* of the list, once needed */
	int			  md_looked;
	struct maildir_stamp	  md_looked_at[MAILDIR_DIRS];
	int64_t			  md_unseen_ms;	/* when DROP_UNSEEN was found */

	/* Never in a session: inspect.h. */
	int			  md_exact;	/* sizes are not believed */
	const struct popuidl	 *md_given;	/* instead of the file */
	int			(*md_progress)(uint32_t, uint32_t);
};

/* maildrop.c: the two halves of maildrop_open(). */

/* Lock the maildir and make a maildrop of it; as maildrop_open(). */
struct maildrop	*maildrop_begin(int, enum maildrop_error *);

/* Find out what is there.  MAILDROP_OK, or why not, logged. */
enum maildrop_error	 maildrop_look(struct maildrop *);

#endif
