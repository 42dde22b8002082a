/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Properties of a message that only its file tells. */

#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

struct maildrop;
struct popcache_entry;

enum measured {
	MEASURED,
	MEASURE_LISTED,		/* cannot be read now; errno is set */
	MEASURE_NO_MAIL,	/* not a regular file: not served */
	MEASURE_VANISHED,	/* renamed or removed */
	MEASURE_FAILED		/* stat(2) failed; errno is set */
};

/*
 * Set size and octets of an entry from its file, whose DT_* is known or
 * DT_UNKNOWN, and its place in the order if it has none.  A file that exists
 * but cannot be read keeps the octets of the entry, or gets those on disk, and
 * stays POPCACHE_UNSURE.
 */
enum measured	 measure_entry(struct maildrop *, struct popcache_entry *,
		    int);

#endif
