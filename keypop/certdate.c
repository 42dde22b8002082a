/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The days for which a certificate is valid.  See certdate.h.
 */

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "certdate.h"
#include "limits.h"
#include "log.h"

#define DAY	(24 * 60 * 60)

/*
 * Seconds since the epoch of a date of the proleptic Gregorian calendar in
 * UTC.  timegm(3) may want a file with time zones, and there is none.
 */
static time_t
certdate_seconds(const struct tm *tm)
{
	time_t	 year = tm->tm_year + 1900, month = tm->tm_mon + 1, days;

	/* Years begin in March, so that a leap day is the last. */
	if (month <= 2) {
		year--;
		month += 12;
	}
	days = 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * (month - 3) + 2) / 5 + tm->tm_mday - 1 - 719468;
	return (days * DAY + tm->tm_hour * 3600 + tm->tm_min * 60 +
	    tm->tm_sec);
}

/* A date in seconds, and its day as a text; -1 if it is none. */
static int
certdate_time(const ASN1_TIME *at, time_t *when, char *day, size_t size)
{
	struct tm	 tm;

	memset(&tm, 0, sizeof(tm));
	if (ASN1_TIME_to_tm(at, &tm) != 1)
		return (-1);
	*when = certdate_seconds(&tm);
	snprintf(day, size, "%04d-%02d-%02d", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday);
	return (0);
}

void
certdate_warn(const X509 *cert, const char *name)
{
	time_t	 now = time(NULL), when;
	char	 day[40];

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
