/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Map a base name to the number of an item that has it.  The table holds only
 * numbers; the caller holds the names.
 */

#ifndef NAMETAB_H
#define NAMETAB_H

#include <sys/types.h>
#include <stdint.h>

struct nametab_slot {
	uint32_t	nsl_hash;	/* of the name */
	uint32_t	nsl_item;	/* number + 1; 0: free */
};

struct nametab {
	struct nametab_slot	 *nt_slot;
	size_t			  nt_size;	/* a power of two */
	size_t			  nt_used;
};

/* Allocate for so many items without growing.  0, or -1 and errno ENOMEM. */
int		 nametab_init(struct nametab *, size_t);
void		 nametab_free(struct nametab *);

/*
 * Look up a name; the callback says whether an item (its number) has it.
 * Return 1 and set *item, or 0.
 */
int		 nametab_find(const struct nametab *nt, const char *name,
		    size_t len, int (*same)(void *, uint32_t, const char *,
		    size_t), void *arg, uint32_t *item);

/* Add an item not in the table yet.  Return 0, or -1 with errno ENOMEM. */
int		 nametab_put(struct nametab *, const char *, size_t,
		    uint32_t);

#endif
