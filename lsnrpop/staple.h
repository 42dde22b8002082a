/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An OCSP response in DER, as ocspcheck(8) writes it, held against a
 * certificate (RFC 6960).
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
	enum staple_state	 st_verdict;	/* FRESH if it is good, but for
						   the time */
};

/*
 * Read a response to a question about this certificate, and keep it, copied,
 * if it says that the certificate is good.  0, or -1 if it is no response at
 * all: then why is a constant text.  The signature is not looked at: who made
 * the file has, and the client does.
 */
int	 staple_read(struct staple *, const X509 *, const uint8_t *, size_t,
	    const char **why);

/* What is to be done with it now. */
enum staple_state staple_state(const struct staple *, time_t now);

/* When that changes by itself; 0: never. */
time_t	 staple_change(const struct staple *, time_t now);

/* Free what it holds. */
void	 staple_clear(struct staple *);

#endif
