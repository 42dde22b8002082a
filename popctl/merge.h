/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A list of unique ids against the messages that are there.
 */

#ifndef MERGE_H
#define MERGE_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct box;
struct uidlist;

struct merge {
	const char	*mj_name;	/* of the file, for messages, or NULL */
	int		 mj_rename;	/* "-2", "-3" ... to equal ids */
	int		 mj_leave;	/* leave out what cannot be given */

	/* How many. */
	uint32_t	 mj_named;	/* messages of the list */
	uint32_t	 mj_gone;	/* lines whose file is gone */
	uint32_t	 mj_left;	/* left out */
};

/*
 * Make the text of popuidl(5) of those of the list that are there, which stay
 * in it.  The text, for free(), and its length; NULL: said why.
 */
char	*merge_text(struct merge *, struct uidlist *, const struct box *,
	    size_t *);

#endif
