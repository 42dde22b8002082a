/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The files that a snapshot knows of: what popcache has, and what was found.
 */

#ifndef ITEMS_H
#define ITEMS_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "maildir.h"

struct popcache_entry;
struct popcache_facts;
struct snapshot;

enum item_flag {
	ITEM_KNOWN	= 0x01,		/* popcache has it */
	ITEM_NONE	= 0x02,		/* not there, or no message */
	ITEM_SECOND	= 0x04,		/* another name of it_main */
	ITEM_LOST	= 0x08,		/* renamed while it was looked at */
	ITEM_TOLD	= 0x10,		/* listed, but could not be read */
	ITEM_FIRST	= 0x20		/* of its base name */
};

/* One file; those that share a base name are linked from the first. */
struct item {
	struct popcache_entry	*it_entry;
	uint32_t		 it_next;	/* its number + 1, or 0 */
	uint32_t		 it_main;
	uint32_t		 it_pass;	/* the last that saw it */
	uint8_t			 it_type;	/* DT_* */
	uint8_t			 it_flags;	/* enum item_flag */
};

/*
 * The entries of popcache as items; what was appended and is there already
 * is left out.  0, or -1 and errno ENOMEM.
 */
int		 items_known(struct snapshot *);

/*
 * One more item, linked to the first of its base name.  NULL and errno
 * ENOMEM.  Pointers to other items are good no more.
 */
struct item	*items_link(struct snapshot *, struct popcache_entry *);

/* The first item of a base name, and the next one after an item; or NULL. */
struct item	*items_first(const struct snapshot *, const char *, size_t);
struct item	*items_next(const struct snapshot *, const struct item *);

/*
 * The item of just the name that was found, or else of its file, if that was
 * not seen yet in this pass.  NULL: nobody knows it.
 */
struct item	*items_which(const struct snapshot *, enum maildir_dir,
		    const struct maildir_found *);

/*
 * What popcache knows of a removed message that had the base name of an item,
 * if popcache does not have the item.  NULL: nothing.
 */
const struct popcache_entry *items_dead(const struct snapshot *,
		    const struct item *);

/* The entry of an item gets other facts.  0, or -1 and errno ENOMEM. */
int		 items_remake(struct snapshot *, struct item *,
		    const struct popcache_facts *);

/* An item is not as popcache has it; if it has it, that must be replaced. */
void		 items_news(struct snapshot *, const struct item *);

/* The file of an item was not there when it was looked at; it is now. */
void		 items_lose(struct snapshot *, struct item *);
void		 items_settle(struct snapshot *, struct item *);

#endif
