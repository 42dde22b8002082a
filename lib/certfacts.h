/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A certificate as it is served, for people: what a listener tells of it.
 */

#ifndef CERTFACTS_H
#define CERTFACTS_H

#include <stdint.h>

#include "limits.h"

enum staple_state {
	STAPLE_NONE,			/* no file */
	STAPLE_FRESH,			/* given to those who ask */
	STAPLE_EARLY,			/* not valid yet */
	STAPLE_EXPIRED,
	STAPLE_OTHER,			/* of another certificate */
	STAPLE_REVOKED,			/* it says so of this one */
	STAPLE_UNKNOWN,			/* the authority does not know it */
	STAPLE_STATES
};

struct certfacts {
	int64_t		 cx_not_before;	/* seconds since the epoch */
	int64_t		 cx_not_after;
	int64_t		 cx_staple_until; /* 0: no staple for it */
	uint32_t	 cx_pair;	/* its index: see mf_pairs */
	uint32_t	 cx_staple;	/* enum staple_state */
	char		 cx_file[PATH_LEN_MAX];
	char		 cx_names[CERT_NAMES_MAX]; /* of hosts, with blanks */
};

#endif
