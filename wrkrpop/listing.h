/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The lines of LIST and UIDL (RFC 1939 sections 5 and 7): one per message, so
 * they are written directly into the buffer of out.h.
 */

#ifndef LISTING_H
#define LISTING_H

#include <stddef.h>
#include <stdint.h>

struct maildrop;

/* The maximum octets of an item in a line. */
#define LISTING_ITEM_MAX	72

/* Write the item of a message and return its length. */
typedef size_t	 (*listing_item)(const struct maildrop *, uint32_t, char *);

size_t	 listing_size(const struct maildrop *, uint32_t, char *);
size_t	 listing_uidl(const struct maildrop *, uint32_t, char *);

/* Write a line for each message from first to last that is not marked. */
void	 listing(const struct maildrop *, uint32_t, uint32_t, listing_item);

#endif
