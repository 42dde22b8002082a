/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What can be found out about a message only from its file. */

#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

struct maildrop;
struct popcache_entry;

enum measured {
	MEASURED,
	MEASURE_LISTED,		/* cannot be read now; errno */
	MEASURE_NO_MAIL,	/* not a regular file: not ours to serve */
	MEASURE_VANISHED,	/* renamed or removed */
	MEASURE_FAILED		/* cannot even be looked at; errno */
};

/*
 * Find out size and octets of an entry's file, whose DT_* is known or
 * DT_UNKNOWN, and its place in the order if the entry has none.  One that is
 * there and cannot be read keeps the octets that the entry has, or gets those
 * on disk, and goes on to be POPCACHE_UNSURE.
 */
enum measured	 measure_entry(struct maildrop *, struct popcache_entry *,
		    int);

#endif
