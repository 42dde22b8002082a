/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>

#include "items.h"
#include "list.h"
#include "log.h"
#include "maildrop_private.h"
#include "snapshot.h"

static int
list_by_order(const void *a, const void *b)
{
	return (popcache_compare(*(struct popcache_entry *const *)a,
	    *(struct popcache_entry *const *)b));
}

/*
 * Sort.  The entries of popcache are sorted already, and new ones mostly come
 * after them: then nothing moves.
 */
static void
list_sort(struct popcache_entry **list, uint32_t n)
{
	uint32_t	 i, sorted;

	for (sorted = 1; sorted < n; sorted++)
		if (popcache_compare(list[sorted - 1], list[sorted]) > 0)
			break;
	if (sorted >= n)
		return;
	qsort(list + sorted, n - sorted, sizeof(*list), list_by_order);
	for (i = 1; i < n; i++)
		if (popcache_compare(list[i - 1], list[i]) > 0)
			break;
	if (i < n)
		qsort(list, n, sizeof(*list), list_by_order);
}

/* Collect the further names of messages, with the place of each message. */
static enum maildrop_error
list_extras(struct snapshot *sn)
{
	struct maildrop		*md = sn->sn_drop;
	struct popcache_entry	**at;
	struct item		*it, *its;
	uint32_t		 i, n = 0;

	for (i = 0; i < sn->sn_count; i++)
		n += (sn->sn_item[i].it_flags & (ITEM_NONE | ITEM_SECOND)) ==
		    ITEM_SECOND;
	if (n == 0)
		return (MAILDROP_OK);
	if ((md->md_extra = calloc(n, sizeof(*md->md_extra))) == NULL) {
		log_warn("calloc");
		return (MAILDROP_TEMP);
	}
	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if ((it->it_flags & (ITEM_NONE | ITEM_SECOND)) != ITEM_SECOND)
			continue;
		for (its = it; its->it_flags & ITEM_SECOND;)
			its = &sn->sn_item[its->it_main];
		at = bsearch(&its->it_entry, md->md_list, md->md_last,
		    sizeof(*md->md_list), list_by_order);
		if (at == NULL)
			continue;
		it->it_entry->pe_size = its->it_entry->pe_size;
		md->md_extra[md->md_extras].dx_entry = it->it_entry;
		md->md_extra[md->md_extras++].dx_item =
		    (uint32_t)(at - md->md_list);
	}
	return (MAILDROP_OK);
}

enum maildrop_error
list_make(struct snapshot *sn)
{
	struct maildrop	*md = sn->sn_drop;
	struct item	*it;
	uint32_t	 i;

	md->md_list = calloc((size_t)sn->sn_count + 1, sizeof(*md->md_list));
	if (md->md_list == NULL) {
		log_warn("calloc");
		return (MAILDROP_TEMP);
	}
	md->md_last = 0;
	md->md_octets = 0;
	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if (it->it_flags & (ITEM_NONE | ITEM_SECOND)) {
			items_news(sn, it);
			continue;
		}
		md->md_list[md->md_last++] = it->it_entry;
		md->md_octets += popcache_octets(it->it_entry);
	}
	list_sort(md->md_list, md->md_last);
	return (list_extras(sn));
}
