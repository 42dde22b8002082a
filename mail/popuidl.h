/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The unique ids that another server gave to the messages of a maildir, and
 * the order in which it listed them: popuidl(5).  They are found nowhere
 * else, so nothing here ever writes them.
 */

#ifndef POPUIDL_H
#define POPUIDL_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#define POPUIDL_FILE		"popuidl"

struct popuidl;

/*
 * What these octets of text say, which are copied; as popuidl_read().
 */
int		 popuidl_text(const char *, size_t, struct popuidl **);

/*
 * Read the file below a directory.  1 and *pu, which popuidl_free() frees; 0
 * if there is none; -1 and errno, the reason logged (EINVAL: what is in it
 * is not what it should be).
 */
int		 popuidl_read(int, struct popuidl **);
void		 popuidl_free(struct popuidl *);

/* One without lines, which no file can be; NULL, logged. */
struct popuidl	*popuidl_none(void);

/*
 * The line of a base name: 1 with its number, from 1, in *order, and its UIDL
 * (without an end); its length is 0 if an earlier line has that UIDL, and
 * this one says no more than the order.  0 if no line names it.
 */
int		 popuidl_find(const struct popuidl *pu, const char *base,
		    size_t len, uint64_t *order, const char **uidl,
		    size_t *uidl_len);

/* Whether a UIDL is given to some base name. */
int		 popuidl_taken(const struct popuidl *, const char *, size_t);

#endif
