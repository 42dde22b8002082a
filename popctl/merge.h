/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Merge a list of unique ids with the messages of a maildrop.
 */

#ifndef MERGE_H
#define MERGE_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

struct box;
struct uidlist;

struct merge {
	const char	*mj_name;	/* file name for errors, or NULL */
	int		 mj_rename;	/* append "-2", "-3" ... to equal ids */
	int		 mj_leave;	/* leave out bad ids */

	/* Counts. */
	uint32_t	 mj_named;	/* messages with an imported id */
	uint32_t	 mj_gone;	/* items whose file is gone */
	uint32_t	 mj_left;	/* items left out */
};

/*
 * Reduce the list to messages that exist, and return it as the text of
 * popuidl(5), which the caller frees, with its length in octets; or NULL,
 * logged.
 */
char	*merge_text(struct merge *, struct uidlist *, const struct box *,
	    size_t *);

#endif
