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

/* For MSG_ASK_CERT. */
struct certfacts {
	int64_t		 cx_not_before;	/* seconds since the epoch */
	int64_t		 cx_not_after;
	char		 cx_file[PATH_LEN_MAX];
	char		 cx_names[CERT_NAMES_MAX]; /* with blanks between */
};

#endif
