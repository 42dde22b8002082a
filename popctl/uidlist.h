/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What another server listed: base names and unique ids, in its order.
 */

#ifndef UIDLIST_H
#define UIDLIST_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct uidlist_item {
	const char	*ux_base;	/* in the text it came from */
	size_t		 ux_base_len;
	char		*ux_uidl;	/* ours, terminated */
	size_t		 ux_uidl_len;
	unsigned int	 ux_line;	/* of the file, or 0 */
	uint64_t	 ux_order;	/* for uidlist_sort() */
	uint32_t	 ux_place;	/* how many were there before it */
};

struct uidlist {
	struct uidlist_item	*ul_item;
	uint32_t		 ul_count;
	uint32_t		 ul_room;
};

/*
 * One more at the end; the base name stays the caller's, the unique id is
 * copied.  NULL, said why.
 */
struct uidlist_item *uidlist_add(struct uidlist *ul, const char *base,
		    size_t base_len, const char *uidl, size_t uidl_len);

/* By ux_order; equal ones stay as they are. */
void		 uidlist_sort(struct uidlist *);

/*
 * Of those with one base name only the last stays.  0, or -1: said why.
 */
int		 uidlist_last(struct uidlist *);

/*
 * The second, third ... with one unique id get "-2", "-3" ... at its end, as
 * Dovecot does with pop3_uidl_duplicates = rename.  0, or -1: said why.
 */
int		 uidlist_rename(struct uidlist *);

void		 uidlist_free(struct uidlist *);

#endif
