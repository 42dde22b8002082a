/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Dates in certificates and OCSP responses.
 */

#ifndef ASNTIME_H
#define ASNTIME_H

#include <openssl/asn1.h>

#include <stddef.h>
#include <time.h>

/*
 * A date in seconds since the epoch, and its day as a text "2026-10-31" in
 * day, unless that is NULL.  -1 if it is none.
 */
int	 asntime_read(const ASN1_TIME *at, time_t *when, char *day,
	    size_t size);

#endif
