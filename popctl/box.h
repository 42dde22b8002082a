/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The maildrop of a user, and its messages by base name.
 */

#ifndef BOX_H
#define BOX_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "nametab.h"

struct inspect;
struct maildrop;

struct box {
	struct maildrop	*bx_drop;
	struct nametab	 bx_names;	/* the first message of each */
	unsigned char	*bx_shared;	/* by message, from 1 */
};

/*
 * Lock the user's maildir, and find out what a session would see.  At most
 * USERPROC_DIRS times.  0, and box_close() frees it; -1, said why.
 */
int		 box_open(struct box *, const struct inspect *);
void		 box_close(struct box *);

/* The first message of a base name, from 1; 0: there is none. */
uint32_t	 box_find(const struct box *, const char *, size_t);

/*
 * Whether message n is one of several of its base name: they have unique ids
 * that no list of names can give them.
 */
int		 box_shared(const struct box *, uint32_t);

#endif
