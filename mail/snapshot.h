/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The list of a session's messages, from the names in new/ and cur/ and from
 * popcache.
 */

#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <sys/types.h>
#include <stdint.h>

#include "find.h"
#include "items.h"
#include "log.h"
#include "maildrop.h"
#include "nametab.h"

struct maildrop;

struct snapshot {
	struct maildrop		*sn_drop;
	struct item		*sn_item;
	uint32_t		 sn_count;
	uint32_t		 sn_room;
	struct nametab		 sn_names;	/* the first of each base */
	struct nametab		 sn_dead;	/* removed messages */
	struct nametab		 sn_octets;	/* pc_octets */
	struct find		 sn_find;
	uint32_t		 sn_bases;	/* items that are the first */
	uint32_t		 sn_before;	/* the same, a pass ago */
	uint32_t		 sn_lost;
	int			 sn_trust;	/* popcache is whole */
	int			 sn_changed;	/* popcache has another list */

	/* Each for one log line. */
	uint32_t		 sn_skipped;	/* not messages */
	char			 sn_skipped_name[LOG_QUOTE_MAX];
	uint32_t		 sn_unread;	/* unreadable messages */
	char			 sn_unread_name[LOG_QUOTE_MAX];
	int			 sn_unread_errno;
};

/*
 * List the maildir, with the help of popcache: sets md_list, md_extra, their
 * counts, md_octets and md_index.  Return MAILDROP_OK, or why not (logged).
 */
enum maildrop_error	 snapshot_take(struct maildrop *);

#endif
