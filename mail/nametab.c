/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Look up the names of a directory among the known ones. */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "nametab.h"
#include "popcache.h"

int
nametab_init(struct nametab *nt, size_t items)
{
	size_t		 size = 64;

	while (size < items * 2)
		size *= 2;
	nt->nt_used = 0;
	nt->nt_size = size;
	nt->nt_slot = calloc(size, sizeof(*nt->nt_slot));
	return (nt->nt_slot == NULL ? -1 : 0);
}

void
nametab_free(struct nametab *nt)
{
	free(nt->nt_slot);
	nt->nt_slot = NULL;
	nt->nt_size = nt->nt_used = 0;
}

/* A slot keeps the hash, which also gives its place in a table of any size. */
static uint32_t
nametab_hash(const char *name, size_t len)
{
	return ((uint32_t)(popcache_hash(name, len) >> 32));
}

int
nametab_find(const struct nametab *nt, const char *name, size_t len,
    int (*same)(void *, uint32_t, const char *, size_t), void *arg,
    uint32_t *item)
{
	const struct nametab_slot	*nsl;
	uint32_t			 hash = nametab_hash(name, len);
	size_t				 at = hash & (nt->nt_size - 1);

	for (;;) {
		nsl = &nt->nt_slot[at];
		if (nsl->nsl_item == 0)
			return (0);
		if (nsl->nsl_hash == hash &&
		    same(arg, nsl->nsl_item - 1, name, len)) {
			*item = nsl->nsl_item - 1;
			return (1);
		}
		at = (at + 1) & (nt->nt_size - 1);
	}
}

static void
nametab_insert(struct nametab *nt, uint32_t hash, uint32_t number)
{
	size_t		 at = hash & (nt->nt_size - 1);

	while (nt->nt_slot[at].nsl_item != 0)
		at = (at + 1) & (nt->nt_size - 1);
	nt->nt_slot[at].nsl_hash = hash;
	nt->nt_slot[at].nsl_item = number;
	nt->nt_used++;
}

int
nametab_put(struct nametab *nt, const char *name, size_t len, uint32_t item)
{
	struct nametab	 larger;
	size_t		 i;

	if (nt->nt_used >= nt->nt_size / 2) {
		if (nametab_init(&larger, nt->nt_size) == -1)
			return (-1);
		for (i = 0; i < nt->nt_size; i++)
			if (nt->nt_slot[i].nsl_item != 0)
				nametab_insert(&larger, nt->nt_slot[i].nsl_hash,
				    nt->nt_slot[i].nsl_item);
		free(nt->nt_slot);
		*nt = larger;
	}
	nametab_insert(nt, nametab_hash(name, len), item + 1);
	return (0);
}
