/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The unique-ids that another server gave to the messages of a maildir, and the
 * order in which it listed them: popuidl(5).  They exist nowhere else, so popd
 * never writes this file.
 */

#ifndef POPUIDL_H
#define POPUIDL_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#define POPUIDL_FILE		"popuidl"

struct popuidl;

/* Parse this text, which is copied; returns as popuidl_read(). */
int		 popuidl_text(const char *, size_t, struct popuidl **);

/*
 * Read the file below a directory.  Return 1 and set *pu, freed with
 * popuidl_free(); 0 if there is no file; -1 with errno set, logged (EINVAL:
 * malformed).
 */
int		 popuidl_read(int, struct popuidl **);
void		 popuidl_free(struct popuidl *);

/* Make one without lines, which no file can be; NULL, logged. */
struct popuidl	*popuidl_none(void);

/*
 * Find the line of a base name: 1 with its number, from 1, in *order, and its
 * unique-id (not terminated), of length 0 if an earlier line has the same: then
 * only the order counts.  Return 0 if there is no such line.
 */
int		 popuidl_find(const struct popuidl *pu, const char *base,
		    size_t len, uint64_t *order, const char **uidl,
		    size_t *uidl_len);

/* Return the number of lines. */
uint32_t	 popuidl_count(const struct popuidl *);

/* Return whether some base name has this unique-id. */
int		 popuidl_taken(const struct popuidl *, const char *, size_t);

#endif
