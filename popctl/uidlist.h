/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Another server's list: base names and unique ids, in its order.
 */

#ifndef UIDLIST_H
#define UIDLIST_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct uidlist_item {
	const char	*ux_base;	/* not copied */
	size_t		 ux_base_len;
	char		*ux_uidl;	/* a copy, terminated */
	size_t		 ux_uidl_len;
	unsigned int	 ux_line;	/* of the file, or 0 */
	uint64_t	 ux_order;	/* sort key */
	uint32_t	 ux_place;	/* index before sorting */
};

struct uidlist {
	struct uidlist_item	*ul_item;
	uint32_t		 ul_count;
	uint32_t		 ul_room;
};

/*
 * Append an item.  The base name must outlive the list, the unique id is
 * copied.  Returns the item, valid until the next call, or NULL, logged.
 */
struct uidlist_item *uidlist_add(struct uidlist *, const char *base,
		    size_t base_len, const char *uidl, size_t uidl_len);

/* Sort by ux_order, stably. */
void		 uidlist_sort(struct uidlist *);

/* Drop all but the last item of each base name.  0, or -1, logged. */
int		 uidlist_last(struct uidlist *);

/*
 * Append "-2", "-3" ... to repeated unique ids, as Dovecot does with
 * pop3_uidl_duplicates = rename.  0, or -1, logged.
 */
int		 uidlist_rename(struct uidlist *);

void		 uidlist_free(struct uidlist *);

#endif
