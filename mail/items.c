/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The files of a snapshot.  See items.h.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"
#include "maildrop_private.h"
#include "snapshot.h"

static int
items_same(void *arg, uint32_t item, const char *base, size_t len)
{
	const struct snapshot		*sn = arg;
	const struct popcache_entry	*pe = sn->sn_item[item].it_entry;

	return (pe->pe_base_len == len &&
	    memcmp(popcache_name(pe), base, len) == 0);
}

struct item *
items_first(const struct snapshot *sn, const char *base, size_t len)
{
	uint32_t	 at;

	return (nametab_find(&sn->sn_names, base, len, items_same,
	    (void *)(uintptr_t)sn, &at) ? &sn->sn_item[at] : NULL);
}

struct item *
items_next(const struct snapshot *sn, const struct item *it)
{
	return (it->it_next == 0 ? NULL : &sn->sn_item[it->it_next - 1]);
}

/* Add an item, not linked by name yet.  NULL with errno ENOMEM. */
static struct item *
items_add(struct snapshot *sn, struct popcache_entry *pe)
{
	struct item	*it;
	uint32_t	 room;

	if (sn->sn_count == sn->sn_room) {
		if (sn->sn_room > UINT32_MAX / 4) {
			errno = ENOMEM;
			return (NULL);
		}
		room = sn->sn_room == 0 ? 64 : sn->sn_room * 2;
		it = reallocarray(sn->sn_item, room, sizeof(*it));
		if (it == NULL)
			return (NULL);
		sn->sn_item = it;
		sn->sn_room = room;
	}
	it = &sn->sn_item[sn->sn_count++];
	memset(it, 0, sizeof(*it));
	it->it_entry = pe;
	return (it);
}

struct item *
items_link(struct snapshot *sn, struct popcache_entry *pe)
{
	struct item	*it, *first;

	if ((it = items_add(sn, pe)) == NULL)
		return (NULL);
	first = items_first(sn, popcache_name(pe), pe->pe_base_len);
	if (first != NULL) {
		it->it_next = first->it_next;
		first->it_next = sn->sn_count;
		return (it);
	}
	it->it_flags |= ITEM_FIRST;
	sn->sn_bases++;
	return (nametab_put(&sn->sn_names, popcache_name(pe), pe->pe_base_len,
	    sn->sn_count - 1) == -1 ? NULL : it);
}

void
items_news(struct snapshot *sn, const struct item *it)
{
	if (it->it_flags & ITEM_KNOWN)
		sn->sn_changed = 1;
}

int
items_remake(struct snapshot *sn, struct item *it,
    const struct popcache_facts *pf)
{
	struct popcache_entry	*pe;

	if ((pe = popcache_make(&sn->sn_drop->md_pc, pf)) == NULL)
		return (-1);
	it->it_entry = pe;
	items_news(sn, it);
	return (0);
}

void
items_lose(struct snapshot *sn, struct item *it)
{
	if (it->it_flags & ITEM_LOST)
		return;
	it->it_flags |= ITEM_LOST;
	sn->sn_lost++;
}

static int
items_same_dead(void *arg, uint32_t i, const char *base, size_t len)
{
	const struct snapshot		*sn = arg;
	const struct popcache_entry	*pe = sn->sn_drop->md_pc.pc_dead[i];

	return (pe->pe_base_len == len &&
	    memcmp(popcache_name(pe), base, len) == 0);
}

/* Return the removed message that had the base name of an entry, or NULL. */
static const struct popcache_entry *
items_dead_name(const struct snapshot *sn, const struct popcache_entry *pe)
{
	uint32_t	 at;

	if (sn->sn_dead.nt_used == 0 || !nametab_find(&sn->sn_dead,
	    popcache_name(pe), pe->pe_base_len, items_same_dead,
	    (void *)(uintptr_t)sn, &at))
		return (NULL);
	return (sn->sn_drop->md_pc.pc_dead[at]);
}

const struct popcache_entry *
items_dead(const struct snapshot *sn, const struct item *it)
{
	return (it->it_flags & ITEM_KNOWN ? NULL :
	    items_dead_name(sn, it->it_entry));
}

/* What to find among pc_octets. */
struct items_octets {
	const struct popcache	*ito_pc;
	uint64_t		 ito_ino;
};

static int
items_same_octets(void *arg, uint32_t i, const char *base, size_t len)
{
	const struct items_octets	*ito = arg;
	const struct popcache_entry	*pe = ito->ito_pc->pc_octets[i];

	return (pe->pe_base_len == len && popcache_ino(pe) == ito->ito_ino &&
	    memcmp(popcache_name(pe), base, len) == 0);
}

struct popcache_entry *
items_octets(const struct snapshot *sn, const char *base, size_t len,
    uint64_t ino)
{
	struct items_octets	 ito = { &sn->sn_drop->md_pc, ino };
	uint32_t		 at;

	return (nametab_find(&sn->sn_octets, base, len, items_same_octets,
	    &ito, &at) ? ito.ito_pc->pc_octets[at] : NULL);
}

int
items_octets_add(struct snapshot *sn, struct popcache_entry *pe)
{
	struct popcache	*pc = &sn->sn_drop->md_pc;

	if (popcache_add(pc, pe) == -1)
		return (-1);
	return (nametab_put(&sn->sn_octets, popcache_name(pe),
	    pe->pe_base_len, (uint32_t)pc->pc_octets_count - 1));
}

/* Index the digests by name.  So far none is needed. */
static int
items_known_octets(struct snapshot *sn)
{
	struct popcache	*pc = &sn->sn_drop->md_pc;
	size_t		 i;

	if (nametab_init(&sn->sn_octets, pc->pc_octets_count) == -1)
		return (-1);
	for (i = 0; i < pc->pc_octets_count; i++) {
		pc->pc_octets[i]->pe_order = 0;
		if (nametab_put(&sn->sn_octets,
		    popcache_name(pc->pc_octets[i]),
		    pc->pc_octets[i]->pe_base_len, (uint32_t)i) == -1)
			return (-1);
	}
	return (0);
}

/* Index the removed messages by name; the last removed comes first. */
static int
items_known_dead(struct snapshot *sn)
{
	const struct popcache		*pc = &sn->sn_drop->md_pc;
	const struct popcache_entry	*pe;
	size_t				 i;

	if (nametab_init(&sn->sn_dead, pc->pc_deads) == -1)
		return (-1);
	for (i = pc->pc_deads; i > 0; i--) {
		pe = pc->pc_dead[i - 1];
		if (nametab_put(&sn->sn_dead, popcache_name(pe),
		    pe->pe_base_len, (uint32_t)(i - 1)) == -1)
			return (-1);
	}
	return (0);
}

/*
 * Return whether an entry was appended too late: the session that wrote the
 * index had found the file itself, and perhaps removed it.
 */
static int
items_late(const struct snapshot *sn, const struct popcache_entry *pe)
{
	const struct popcache_entry	*dead;

	if (items_first(sn, popcache_name(pe), pe->pe_base_len) != NULL)
		return (1);
	dead = items_dead_name(sn, pe);
	return (dead != NULL && popcache_ino(dead) == popcache_ino(pe));
}

int
items_known(struct snapshot *sn)
{
	struct popcache		*pc = &sn->sn_drop->md_pc;
	struct popcache_entry	*pe;
	struct item		*it;
	size_t			 i;

	if (nametab_init(&sn->sn_names, pc->pc_count) == -1 ||
	    items_known_dead(sn) == -1 || items_known_octets(sn) == -1)
		return (-1);
	for (i = 0; i < pc->pc_count; i++) {
		pe = pc->pc_entry[i];
		if ((!pc->pc_whole || i >= pc->pc_covered) &&
		    (pe->pe_flags & POPCACHE_TWIN) == 0 &&
		    items_late(sn, pe))
			continue;
		if (popcache_ino(pe) == 0)
			pe->pe_flags |= POPCACHE_UNSURE;
		if ((it = items_link(sn, pe)) == NULL)
			return (-1);
		it->it_flags |= ITEM_KNOWN;
	}
	return (0);
}

void
items_settle(struct snapshot *sn, struct item *it)
{
	if ((it->it_flags & ITEM_LOST) == 0)
		return;
	it->it_flags &= (uint8_t)~ITEM_LOST;
	sn->sn_lost--;
}

struct item *
items_which(const struct snapshot *sn, enum maildir_dir dir,
    const struct maildir_found *fn)
{
	struct item	*it, *file = NULL;

	it = items_first(sn, fn->fn_name, fn->fn_base);
	for (; it != NULL; it = items_next(sn, it)) {
		if (it->it_flags & ITEM_NONE)
			continue;
		if (popcache_is(it->it_entry, dir, fn->fn_name, fn->fn_len))
			return (it);
		if (it->it_pass != sn->sn_find.fi_pass && fn->fn_ino != 0 &&
		    popcache_ino(it->it_entry) == fn->fn_ino)
			file = it;
	}
	return (file);
}
