/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The days for which a certificate is valid.  See certdate.h.
 */

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <string.h>
#include <time.h>

#include "certdate.h"
#include "limits.h"
#include "log.h"

#define DAY	(24 * 60 * 60)

/* Seconds since the epoch, and the day as a text; -1 if it is no date. */
static int
certdate_time(const ASN1_TIME *at, time_t *when, char *day, size_t size)
{
	struct tm	 tm;

	memset(&tm, 0, sizeof(tm));
	if (ASN1_TIME_to_tm(at, &tm) != 1)
		return (-1);
	*when = timegm(&tm);
	return (strftime(day, size, "%Y-%m-%d", &tm) == 0 ? -1 : 0);
}

void
certdate_warn(const X509 *cert, const char *name)
{
	time_t	 now = time(NULL), when;
	char	 day[sizeof("2026-01-01")];

	if (certdate_time(X509_get0_notBefore(cert), &when, day,
	    sizeof(day)) == 0 && when > now)
		log_warnx("certificate %s is not valid before %s", name, day);
	if (certdate_time(X509_get0_notAfter(cert), &when, day,
	    sizeof(day)) == -1)
		log_warnx("certificate %s has no date of expiry", name);
	else if (when < now)
		log_warnx("certificate %s expired on %s", name, day);
	else if (when - now < CERT_WARN_DAYS * DAY)
		log_warnx("certificate %s expires on %s, in %d days", name,
		    day, (int)((when - now) / DAY));
}
