/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The maildrop of a user, indexed by base name.
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
 * Lock the user's maildir and list it as a session would.  At most USERS_DIRS
 * times per process.  0, to be freed with box_close(); or -1, logged.
 */
int		 box_open(struct box *, const struct inspect *);
void		 box_close(struct box *);

/* Return the number of the first message with a base name, or 0. */
uint32_t	 box_find(const struct box *, const char *, size_t);

/*
 * Return whether message n shares its base name with others: popuidl(5)
 * cannot assign unique ids to those.
 */
int		 box_shared(const struct box *, uint32_t);

#endif
