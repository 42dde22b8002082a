/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Unique ids are unique (RFC 1939 section 7).  The default, a SHA-256 of the
 * base name, is so by itself; one that was imported may say anything.
 */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include "maildrop_private.h"
#include "log.h"
#include "nametab.h"
#include "uidls.h"

/* After so many rounds of collisions no imported UIDL is believed. */
#define ROUNDS_MAX	4

static int
uidls_same(void *arg, uint32_t item, const char *uidl, size_t len)
{
	struct maildrop	*md = arg;
	char		 other[UIDL_MAX];

	return popcache_uidl(md->md_list[item], other) == len &&
	    memcmp(other, uidl, len) == 0;
}

static int
uidls_default(struct maildrop *md, uint32_t item)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;

	popcache_facts(md->md_list[item], &pf);
	pf.pf_uidl = NULL;
	if ((pe = popcache_make(&md->md_pc, &pf)) == NULL)
		return -1;
	md->md_list[item] = pe;
	md->md_news = 1;
	return 0;
}

/*
 * All defaults first, then what was imported, against a table of those
 * before.  *changed gets how many had to be given their default, whose own
 * place in the table only the next round checks.
 */
static int
uidls_round(struct maildrop *md, int believe, uint32_t *changed)
{
	struct nametab	 nt;
	char		 uidl[UIDL_MAX];
	size_t		 len;
	uint32_t	 i, at;
	int		 imported, r = 0;

	*changed = 0;
	if (nametab_init(&nt, md->md_last) == -1)
		return -1;
	for (imported = 0; imported < 2; imported++) {
		for (i = 0; i < md->md_last && r == 0; i++) {
			if ((md->md_list[i]->pe_uidl_len != 0) != imported)
				continue;
			len = popcache_uidl(md->md_list[i], uidl);
			if (!imported || (believe && !nametab_find(&nt, uidl,
			    len, uidls_same, md, &at))) {
				r = nametab_put(&nt, uidl, len, i);
				continue;
			}
			r = uidls_default(md, i);
			(*changed)++;
		}
	}
	nametab_free(&nt);
	return r;
}

int
uidls_unique(struct maildrop *md)
{
	uint32_t	 i, changed, all = 0;
	int		 round;

	for (i = 0; i < md->md_last; i++)
		if (md->md_list[i]->pe_uidl_len != 0)
			break;
	if (i == md->md_last)
		return 0;
	for (round = 0; round <= ROUNDS_MAX; round++) {
		if (uidls_round(md, round < ROUNDS_MAX, &changed) == -1)
			return -1;
		all += changed;
		if (changed == 0)
			break;
	}
	if (all != 0)
		log_warnx("%u imported UIDL%s not unique: default used", all,
		    all == 1 ? "" : "s");
	return 0;
}
