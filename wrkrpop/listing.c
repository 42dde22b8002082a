/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The lines of LIST and UIDL; cmd.c has what surrounds them. */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "listing.h"
#include "maildrop.h"
#include "out.h"

#define DIGITS		10	/* of a message number */
#define LISTING_LINE	(DIGITS + 1 + LISTING_ITEM_MAX + 2)

static_assert(LISTING_ITEM_MAX >= UIDL_MAX && LISTING_ITEM_MAX >= OUT_DECIMAL,
    "an item fits");

/* A number counted up in decimal: no division for each line. */
struct counter {
	char		 lct_text[OUT_DECIMAL];
	size_t		 lct_len;
};

static void
counter_next(struct counter *lct)
{
	size_t	 i = lct->lct_len;

	while (i > 0 && lct->lct_text[i - 1] == '9')
		lct->lct_text[--i] = '0';
	if (i > 0) {
		lct->lct_text[i - 1]++;
		return;
	}
	memmove(lct->lct_text + 1, lct->lct_text, lct->lct_len);
	lct->lct_text[0] = '1';
	lct->lct_len++;
}

size_t
listing_size(const struct maildrop *md, uint32_t n, char *to)
{
	return (out_decimal(to, maildrop_size(md, n)));
}

size_t
listing_uidl(const struct maildrop *md, uint32_t n, char *to)
{
	return (maildrop_uidl(md, n, to));
}

static size_t
listing_line(const struct maildrop *md, uint32_t n, const struct counter *lct,
    listing_item item, char *to)
{
	char	*p = to;

	memcpy(p, lct->lct_text, DIGITS);
	p += lct->lct_len;
	*p++ = ' ';
	p += item(md, n, p);
	*p++ = '\r';
	*p++ = '\n';
	return ((size_t)(p - to));
}

void
listing(const struct maildrop *md, uint32_t first, uint32_t last,
    listing_item item)
{
	struct counter	 lct;
	char		*to = NULL;
	size_t		 room = 0, used = 0;
	uint32_t	 n;

	lct.lct_len = out_decimal(lct.lct_text, first);
	for (n = first; n <= last && n != 0; n++, counter_next(&lct)) {
		if (maildrop_deleted(md, n))
			continue;
		if (room - used < LISTING_LINE) {
			out_took(used);
			to = (char *)out_room(LISTING_LINE, &room);
			used = 0;
		}
		used += listing_line(md, n, &lct, item, to + used);
	}
	out_took(used);
}
