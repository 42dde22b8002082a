/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The validity period of a certificate.  See certdate.h.
 */

#include <openssl/x509.h>

#include <time.h>

#include "asntime.h"
#include "certdate.h"
#include "limits.h"
#include "log.h"

#define DAY	(24 * 60 * 60)

void
certdate_warn(const X509 *cert, const char *name)
{
	time_t	 now = time(NULL), when;
	char	 day[40];

	if (asntime_read(X509_get0_notBefore(cert), &when, day,
	    sizeof(day)) == 0 && when > now)
		log_warnx("certificate %s is not valid before %s", name, day);
	if (asntime_read(X509_get0_notAfter(cert), &when, day,
	    sizeof(day)) == -1)
		log_warnx("certificate %s has no date of expiry", name);
	else if (when < now)
		log_warnx("certificate %s expired on %s", name, day);
	else if (when - now < CERT_WARN_DAYS * DAY)
		log_warnx("certificate %s expires on %s, in %d days", name,
		    day, (int)((when - now) / DAY));
}
