/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* A table in memory: for table.c and table_read.c. */

#ifndef TABLE_PRIVATE_H
#define TABLE_PRIVATE_H

#include <sys/types.h>

#include <siphash.h>
#include <stdint.h>

#include "table.h"

/* Where a row is: its number from 1 (0: free), and some bits of its hash. */
struct table_slot {
	uint32_t		 tsl_row;
	uint32_t		 tsl_bits;
};

/*
 * Text and index are mappings of their own, which no child inherits: fork(2)
 * costs the parent the same with a million rows as with ten.
 */
struct table {
	char			*tb_text;	/* the file, cut up in place */
	size_t			 tb_text_len;
	void			*tb_index;	/* rows, then slots */
	size_t			 tb_index_len;
	struct table_row	*tb_rows;
	size_t			 tb_count;
	struct table_slot	*tb_slots;	/* at most half of them used */
	uint32_t		 tb_mask;	/* number of slots, less one */
	SIPHASH_KEY		 tb_key;
	unsigned int		 tb_last;	/* line of the last row */
	int			 tb_open_end;	/* no last newline */
	size_t			 tb_came;	/* rows that the old had not */
	size_t			 tb_went;	/* and of the old, gone here */
};

/*
 * The slot of a lower-case key, or the free one where it is to go, and the
 * bits that it has to have.
 */
struct table_slot *table_slot(const struct table *, const char *, uint32_t *);

#endif
