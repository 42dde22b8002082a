/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* A table in memory, shared by table.c and table_read.c. */

#ifndef TABLE_PRIVATE_H
#define TABLE_PRIVATE_H

#include <sys/types.h>

#include <siphash.h>
#include <stdint.h>

#include "table.h"

/* The place of a row: its number from 1 (0: free), and bits of its hash. */
struct table_slot {
	uint32_t		 tsl_row;
	uint32_t		 tsl_bits;
};

/*
 * Text and index are separate mappings that no child inherits: fork(2) costs
 * the parent the same with a million rows as with ten.
 */
struct table {
	char			*tb_text;	/* the file, split in place */
	size_t			 tb_text_len;
	void			*tb_index;	/* rows, then slots */
	size_t			 tb_index_len;
	struct table_row	*tb_rows;
	size_t			 tb_count;
	struct table_slot	*tb_slots;	/* at most half of them used */
	uint32_t		 tb_mask;	/* number of slots, less one */
	SIPHASH_KEY		 tb_key;
	unsigned int		 tb_last;	/* line of the last row */
	int			 tb_open_end;	/* no newline at the end */
	size_t			 tb_again;	/* lines with an earlier key */
	size_t			 tb_came;	/* rows not in the old table */
	size_t			 tb_changed;	/* rows with another value */
	size_t			 tb_went;	/* rows only in the old table */
};

/*
 * Return the slot of a lower-case key, or the free one for it, and set bits to
 * its bits of the hash.
 */
struct table_slot *table_slot(const struct table *, const char *, uint32_t *);

#endif
