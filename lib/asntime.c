/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Convert dates without timegm(3), which may read time zone files: the
 * processes that use this can open none.
 */

#include <openssl/asn1.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "asntime.h"

#define DAY	(24 * 60 * 60)

/* From 1 March of the year 0 to the epoch. */
#define EPOCH_DAYS	719468

/*
 * Return the seconds since the epoch of a date in UTC (proleptic Gregorian
 * calendar).
 */
static time_t
asntime_seconds(const struct tm *tm)
{
	time_t	 year = tm->tm_year + 1900, month = tm->tm_mon + 1, days;

	/* Years begin in March, so that a leap day is the last. */
	if (month <= 2) {
		year--;
		month += 12;
	}
	days = 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * (month - 3) + 2) / 5 + tm->tm_mday - 1 - EPOCH_DAYS;
	return (days * DAY + tm->tm_hour * 3600 + tm->tm_min * 60 +
	    tm->tm_sec);
}

int
asntime_read(const ASN1_TIME *at, time_t *when, char *day, size_t size)
{
	struct tm	 tm;

	memset(&tm, 0, sizeof(tm));
	if (at == NULL || ASN1_TIME_to_tm(at, &tm) != 1)
		return (-1);
	*when = asntime_seconds(&tm);
	if (day != NULL)
		snprintf(day, size, "%04d-%02d-%02d", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday);
	return (0);
}
