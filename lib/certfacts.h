/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A certificate as served, described for the administrator by a listener.
 */

#ifndef CERTFACTS_H
#define CERTFACTS_H

#include <stdint.h>

#include "limits.h"

enum staple_state {
	STAPLE_NONE,			/* no file */
	STAPLE_FRESH,			/* stapled on request */
	STAPLE_EARLY,			/* not valid yet */
	STAPLE_EXPIRED,
	STAPLE_OTHER,			/* for another certificate */
	STAPLE_REVOKED,			/* this certificate is revoked */
	STAPLE_UNKNOWN,			/* unknown to the authority */
	STAPLE_STATES
};

/* For MSG_ASK_CERT. */
struct certfacts {
	int64_t		cx_not_before;	/* seconds since the epoch */
	int64_t		cx_not_after;
	int64_t		cx_staple_until; /* 0: no staple for it */
	uint32_t	cx_pair;	/* its index: see mf_pairs */
	uint32_t	cx_staple;	/* enum staple_state */
	char		cx_file[PATH_LEN_MAX];
	char		cx_names[CERT_NAMES_MAX]; /* with blanks between */
};

#endif
