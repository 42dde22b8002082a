/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Dates in certificates.
 */

#ifndef ASNTIME_H
#define ASNTIME_H

#include <openssl/asn1.h>

#include <stddef.h>
#include <time.h>

/*
 * Set when to a date in seconds since the epoch, and day, unless NULL, to its
 * day as "2026-10-31".  Return 0, or -1 if it is not a date.
 */
int	 asntime_read(const ASN1_TIME *at, time_t *when, char *day,
	    size_t size);

#endif
