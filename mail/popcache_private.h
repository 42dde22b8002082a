/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What the sources of popcache share and nobody else needs. */

#ifndef POPCACHE_PRIVATE_H
#define POPCACHE_PRIVATE_H

#include <sys/types.h>
#include <stdint.h>

#include "popcache.h"

/* The first octets of the file, and the version of its header. */
#define POPCACHE_MAGIC		"\177popcch\n"
#define POPCACHE_MAGIC_LEN	8
#define POPCACHE_VERSION	2

/* In the file: 1e 'e' f2 0a.  No name and no UIDL has such octets. */
#define POPCACHE_ENTRY_MAGIC	0x0af2651eU
#define POPCACHE_ENTRY_FIRST	0x1e

/* The header between its octets and its meaning.  Decode: 0, or -1 if bad. */
void			 popcache_encode(const struct popcache_info *,
			    unsigned char [POPCACHE_HEADER_LEN]);
int			 popcache_decode(struct popcache_info *,
			    const unsigned char [POPCACHE_HEADER_LEN]);

/*
 * pread(2) all of it, or as much as there is: the number of octets.  -1 and
 * errno.
 */
ssize_t			 popcache_pread(int, void *, size_t, uint64_t);

int			 popcache_entry_ok(const struct popcache_entry *,
			    size_t);
struct popcache_entry	*popcache_copy(struct popcache *, const void *,
			    size_t);
int			 popcache_add(struct popcache *,
			    struct popcache_entry *);

#endif
