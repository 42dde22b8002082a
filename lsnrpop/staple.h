/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An OCSP response in DER, as written by ocspcheck(8), for a certificate (RFC
 * 6960).
 */

#ifndef STAPLE_H
#define STAPLE_H

#include <openssl/x509.h>

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "certfacts.h"

#define STAPLE_DAY_MAX	40

struct staple {
	uint8_t			*st_der;	/* NULL: none */
	size_t			 st_len;
	time_t			 st_from, st_until;	/* if it is good */
	char			 st_day[STAPLE_DAY_MAX]; /* of st_until */
	enum staple_state	 st_verdict;	/* FRESH if it is good,
						   whatever the time */
};

/*
 * Read a response about this certificate.  It is copied, whatever it says.
 * Return 0, or -1 with a constant text in *why if it is not a response.  The
 * signature is not checked: ocspcheck(8) has, and the client does.
 */
int	 staple_read(struct staple *st, const X509 *cert, const uint8_t *der,
	    size_t len, const char **why);

/* Return whether it may be sent now. */
enum staple_state staple_state(const struct staple *, time_t now);

/* Return when that changes by time; 0: never. */
time_t	 staple_change(const struct staple *, time_t now);

/* Free what it holds. */
void	 staple_clear(struct staple *);

#endif
