/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Shared by the sources of popcache only. */

#ifndef POPCACHE_PRIVATE_H
#define POPCACHE_PRIVATE_H

#include <sys/types.h>
#include <stdint.h>

#include "popcache.h"

/* The first octets of the file, and its header's version. */
#define POPCACHE_MAGIC		"\177popcch\n"
#define POPCACHE_MAGIC_LEN	8
#define POPCACHE_VERSION	2

/* In the file: 1e 'e' f2 0a, octets not in any name or unique-id. */
#define POPCACHE_ENTRY_MAGIC	0x0af2651eU
#define POPCACHE_ENTRY_FIRST	0x1e

/* Encode and decode the header.  Decode: 0, or -1 if it is invalid. */
void			 popcache_encode(const struct popcache_info *,
			    unsigned char [POPCACHE_HEADER_LEN]);
int			 popcache_decode(struct popcache_info *,
			    const unsigned char [POPCACHE_HEADER_LEN]);

int			 popcache_entry_ok(const struct popcache_entry *,
			    size_t);
struct popcache_entry	*popcache_copy(struct popcache *, const void *,
			    size_t);

#endif
