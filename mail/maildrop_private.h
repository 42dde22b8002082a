/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The inside of a maildrop.  maildrop.c opens and answers; quick.c and
 * snapshot.c find the messages, with find.c, items.c, twins.c, uidls.c,
 * measure.c and list.c; look.c finds a message again; expire.c finds old ones,
 * update.c does the work of QUIT; index.c writes it all down.
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
	DROP_GONE	= 0x04,		/* searched for and not found */
	DROP_CUT	= 0x08,		/* partly sent: keep */
	DROP_REMOVED	= 0x10,		/* removed at UPDATE */
	DROP_MOVED	= 0x20,		/* moved to cur/ at UPDATE */
	DROP_UNSEEN	= 0x40,		/* by a search without certainty */
	DROP_EXPIRED	= 0x80		/* deleted for its age, without DELE */
};

/* How popcache relates to the list of this session. */
enum drop_index {
	INDEX_NONE,		/* write none */
	INDEX_SAME,		/* file has the list, header too */
	INDEX_HEADER,		/* file has the list, header is old */
	INDEX_MORE,		/* file has the start of the list */
	INDEX_OTHER		/* file has another list, or is missing */
};

/* A further name of a message that has several. */
struct drop_extra {
	struct popcache_entry	*dx_entry;	/* its unique-id is unused */
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
	uint64_t		 *md_place;	/* in popcache, when needed */
	uint32_t		  md_last;
	uint64_t		  md_octets;	/* of all of it */
	uint32_t		  md_marked;	/* marked deleted */
	uint64_t		  md_marked_octets;
	uint32_t		  md_expired;	/* removed for their age */
	uint32_t		  md_waited;	/* ms, for the lock */
	struct drop_extra	 *md_extra;
	uint32_t		  md_extras;

	/* For the index. */
	enum drop_index		  md_index;
	struct popcache_info	  md_info;	/* of INDEX_HEADER */
	int			  md_new_fd;	/* popcache.new, or -1 */
	struct timespec		  md_now;	/* clock when it was made */
	int64_t			  md_now_ms;	/* and our clock; 0: unknown */
	int			  md_no_new;	/* cannot be made: was logged */
	int			  md_hit;	/* see maildrop_indexed() */
	int			  md_scanned;	/* at the session's start */
	int			  md_again;	/* files need another look */
	int			  md_steady[MAILDIR_DIRS]; /* may be recorded */
	int			  md_uidls_steady;

	/* State of messages that were searched for. */
	struct nametab		  md_names;	/* of the list, when needed */
	int			  md_looked;
	struct maildir_stamp	  md_looked_at[MAILDIR_DIRS];
	int64_t			  md_unseen_ms;	/* time of DROP_UNSEEN */

	/* Not used in a session: inspect.h. */
	const struct popuidl	 *md_given;	/* instead of the file */
	int			(*md_progress)(uint32_t, uint32_t);
};

/* maildrop.c: the two halves of maildrop_open(). */

/* Lock the maildir and make a maildrop of it; returns as maildrop_open(). */
struct maildrop	*maildrop_begin(int, enum maildrop_error *);

/* Find the messages.  Return MAILDROP_OK, or why not, logged. */
enum maildrop_error	 maildrop_look(struct maildrop *);

#endif
