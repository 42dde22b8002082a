/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "nametab.h"
#include "uidlist.h"

struct uidlist_item *
uidlist_add(struct uidlist *ul, const char *base, size_t base_len,
    const char *uidl, size_t uidl_len)
{
	struct uidlist_item	*ux;
	uint32_t		 room;

	if (ul->ul_count == ul->ul_room) {
		room = ul->ul_room == 0 ? 64 : ul->ul_room * 2;
		ux = reallocarray(ul->ul_item, room, sizeof(*ux));
		if (ux == NULL) {
			log_warn("names");
			return (NULL);
		}
		ul->ul_item = ux;
		ul->ul_room = room;
	}
	ux = &ul->ul_item[ul->ul_count];
	memset(ux, 0, sizeof(*ux));
	if ((ux->ux_uidl = malloc(uidl_len + 1)) == NULL) {
		log_warn("names");
		return (NULL);
	}
	memcpy(ux->ux_uidl, uidl, uidl_len);
	ux->ux_uidl[uidl_len] = '\0';
	ux->ux_uidl_len = uidl_len;
	ux->ux_base = base;
	ux->ux_base_len = base_len;
	ux->ux_place = ul->ul_count++;
	return (ux);
}

static int
uidlist_compare(const void *a, const void *b)
{
	const struct uidlist_item	*left = a, *right = b;

	if (left->ux_order != right->ux_order)
		return (left->ux_order < right->ux_order ? -1 : 1);
	return (left->ux_place < right->ux_place ? -1 : 1);
}

void
uidlist_sort(struct uidlist *ul)
{
	uint32_t	 i;

	for (i = 0; i < ul->ul_count; i++)
		ul->ul_item[i].ux_place = i;
	if (ul->ul_count != 0)
		qsort(ul->ul_item, ul->ul_count, sizeof(*ul->ul_item),
		    uidlist_compare);
}

static int
uidlist_same_base(void *arg, uint32_t i, const char *base, size_t len)
{
	const struct uidlist	*ul = arg;

	return (ul->ul_item[i].ux_base_len == len &&
	    memcmp(ul->ul_item[i].ux_base, base, len) == 0);
}

static int
uidlist_same_uidl(void *arg, uint32_t i, const char *uidl, size_t len)
{
	const struct uidlist	*ul = arg;

	return (ul->ul_item[i].ux_uidl_len == len &&
	    memcmp(ul->ul_item[i].ux_uidl, uidl, len) == 0);
}

int
uidlist_last(struct uidlist *ul)
{
	struct uidlist_item	*ux;
	struct nametab		 names;
	uint32_t		 i, at, keep = ul->ul_count;
	int			 r = -1;

	if (nametab_init(&names, ul->ul_count) == -1)
		goto out;
	/* Go backwards, gathering the kept items at the end. */
	for (i = ul->ul_count; i > 0; i--) {
		ux = &ul->ul_item[i - 1];
		if (nametab_find(&names, ux->ux_base, ux->ux_base_len,
		    uidlist_same_base, ul, &at)) {
			free(ux->ux_uidl);
			ux->ux_uidl = NULL;
			continue;
		}
		ul->ul_item[--keep] = *ux;
		if (keep != i - 1)
			ux->ux_uidl = NULL;
		if (nametab_put(&names, ul->ul_item[keep].ux_base,
		    ul->ul_item[keep].ux_base_len, keep) == -1)
			goto out;
	}
	r = 0;
out:
	if (r == -1)
		log_warn("names");
	else if (keep != 0) {
		memmove(ul->ul_item, ul->ul_item + keep,
		    (ul->ul_count - keep) * sizeof(*ul->ul_item));
		ul->ul_count -= keep;
	}
	nametab_free(&names);
	return (r);
}

int
uidlist_rename(struct uidlist *ul)
{
	struct uidlist_item	*ux;
	struct nametab		 names;
	char			*uidl;
	uint32_t		*count, i, at;
	int			 r = -1;

	count = calloc((size_t)ul->ul_count + 1, sizeof(*count));
	if (count == NULL || nametab_init(&names, ul->ul_count) == -1) {
		log_warn("names");
		free(count);
		return (-1);
	}
	for (i = 0; i < ul->ul_count; i++) {
		ux = &ul->ul_item[i];
		if (!nametab_find(&names, ux->ux_uidl, ux->ux_uidl_len,
		    uidlist_same_uidl, ul, &at)) {
			count[i] = 1;
			if (nametab_put(&names, ux->ux_uidl, ux->ux_uidl_len,
			    i) == -1)
				goto out;
			continue;
		}
		if (asprintf(&uidl, "%s-%u", ux->ux_uidl, ++count[at]) == -1)
			goto out;
		free(ux->ux_uidl);
		ux->ux_uidl = uidl;
		ux->ux_uidl_len = strlen(uidl);
	}
	r = 0;
out:
	if (r == -1)
		log_warn("names");
	nametab_free(&names);
	free(count);
	return (r);
}

void
uidlist_free(struct uidlist *ul)
{
	uint32_t	 i;

	for (i = 0; i < ul->ul_count; i++)
		free(ul->ul_item[i].ux_uidl);
	free(ul->ul_item);
	memset(ul, 0, sizeof(*ul));
}
