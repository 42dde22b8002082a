/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The lines of LIST and UIDL (RFC 1939 sections 5 and 7): as many as there
 * are messages, so they are written straight into the room of out.h.
 */

#ifndef LISTING_H
#define LISTING_H

#include <stddef.h>
#include <stdint.h>

struct maildrop;

/* The most octets that an item of a line has. */
#define LISTING_ITEM_MAX	72

/* What a line says of a message: write it, and return its length. */
typedef size_t	 (*listing_item)(const struct maildrop *, uint32_t, char *);

size_t	 listing_size(const struct maildrop *, uint32_t, char *);
size_t	 listing_uidl(const struct maildrop *, uint32_t, char *);

/* A line for each message from first to last that is not marked deleted. */
void	 listing(const struct maildrop *, uint32_t, uint32_t, listing_item);

#endif
