/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The files known to a snapshot: from popcache, and found.
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
	ITEM_KNOWN	= 0x01,		/* in popcache */
	ITEM_NONE	= 0x02,		/* missing, or no message */
	ITEM_SECOND	= 0x04,		/* another name of it_main */
	ITEM_LOST	= 0x08,		/* renamed while being opened */
	ITEM_TOLD	= 0x10,		/* logged: listed, but unreadable */
	ITEM_FIRST	= 0x20		/* with its base name */
};

/* A file; those that share a base name are linked from the first. */
struct item {
	struct popcache_entry	*it_entry;
	uint32_t		 it_next;	/* its number + 1, or 0 */
	uint32_t		 it_main;
	uint32_t		 it_pass;	/* last that saw it */
	uint8_t			 it_type;	/* DT_* */
	uint8_t			 it_flags;	/* enum item_flag */
};

/*
 * Make items of the entries of popcache, without those appended twice.  Return
 * 0, or -1 with errno ENOMEM.
 */
int		 items_known(struct snapshot *);

/*
 * Add an item and link it to the first of its base name.  Return NULL with
 * errno ENOMEM if memory is short.  Invalidates pointers to items.
 */
struct item	*items_link(struct snapshot *, struct popcache_entry *);

/* Return the first item of a base name, and the next one; or NULL. */
struct item	*items_first(const struct snapshot *, const char *, size_t);
struct item	*items_next(const struct snapshot *, const struct item *);

/*
 * Return the item with exactly the name found, otherwise the one of its file
 * not yet seen in this pass, or NULL.
 */
struct item	*items_which(const struct snapshot *, enum maildir_dir,
		    const struct maildir_found *);

/*
 * Return popcache's entry of a removed message that had the base name of an
 * item not in popcache, or NULL.
 */
const struct popcache_entry *items_dead(const struct snapshot *,
		    const struct item *);

/*
 * Find the POPCACHE_OCTETS entry of a base name and file number, or NULL; add
 * one.  Return 0, or -1 with errno ENOMEM.
 */
struct popcache_entry *items_octets(const struct snapshot *, const char *,
		    size_t, uint64_t);
int		 items_octets_add(struct snapshot *, struct popcache_entry *);

/* Give the entry of an item other facts.  Return 0, or -1 with errno ENOMEM. */
int		 items_remake(struct snapshot *, struct item *,
		    const struct popcache_facts *);

/* Note that an item differs from popcache, which must then be replaced. */
void		 items_news(struct snapshot *, const struct item *);

/* Note that the file of an item was missing when opened, or is back. */
void		 items_lose(struct snapshot *, struct item *);
void		 items_settle(struct snapshot *, struct item *);

#endif
