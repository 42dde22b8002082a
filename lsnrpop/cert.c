/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Certificates and their OCSP staples.  A bad staple never stops the service:
 * it is not sent, and the log says why.
 */

#include <sys/types.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "asntime.h"
#include "cert.h"
#include "certname.h"
#include "log.h"

static const char *const cert_states[STAPLE_STATES] = {
	[STAPLE_EARLY] = "is not valid yet",
	[STAPLE_EXPIRED] = "has expired",
	[STAPLE_OTHER] = "is for another certificate",
	[STAPLE_REVOKED] = "says that the certificate is revoked",
	[STAPLE_UNKNOWN] = "says that the certificate is unknown",
};

static X509 *
cert_parse(const uint8_t *pem, size_t len)
{
	X509	*x509 = NULL;
	BIO	*bio;

	if ((bio = BIO_new_mem_buf(pem, (int)len)) != NULL)
		x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return (x509);
}

struct cert *
cert_new(unsigned int index, const char *name, const uint8_t *pem, size_t len,
    char *why, size_t size)
{
	struct cert	*ce;

	if ((ce = calloc(1, sizeof(*ce))) == NULL ||
	    (ce->ce_name = strdup(name)) == NULL ||
	    (ce->ce_pem = malloc(len)) == NULL) {
		snprintf(why, size, "%s: out of memory", name);
		cert_free(ce);
		return (NULL);
	}
	memcpy(ce->ce_pem, pem, len);
	ce->ce_len = len;
	ce->ce_refs = 1;
	ce->ce_index = index;
	if ((ce->ce_x509 = cert_parse(pem, len)) == NULL) {
		snprintf(why, size, "%s: not a certificate chain in PEM",
		    name);
		cert_free(ce);
		return (NULL);
	}
	return (ce);
}

/* Log why a staple is not sent, once for each reason. */
static void
cert_tell(struct cert *ce, enum staple_state state)
{
	if (state == ce->ce_state)
		return;
	ce->ce_state = state;
	if (!ce->ce_warn || cert_states[state] == NULL)
		return;
	log_warnx("OCSP staple %s %s%s%s: not sent", ce->ce_staplename,
	    cert_states[state], state == STAPLE_EXPIRED ? ": " : "",
	    state == STAPLE_EXPIRED ? ce->ce_staple.st_day : "");
}

int
cert_staple(struct cert *ce, const char *name, const uint8_t *der, size_t len,
    int warn, char *why, size_t size)
{
	const char	*wrong;

	if ((ce->ce_staplename = strdup(name)) == NULL) {
		snprintf(why, size, "%s: out of memory", name);
		return (-1);
	}
	if (staple_read(&ce->ce_staple, ce->ce_x509, der, len, &wrong) == -1) {
		snprintf(why, size, "%s %s", name, wrong);
		return (-1);
	}
	ce->ce_warn = warn;
	cert_tell(ce, staple_state(&ce->ce_staple, time(NULL)));
	return (0);
}

int
cert_fresh(struct cert *ce, time_t now)
{
	enum staple_state	 state = staple_state(&ce->ce_staple, now);

	cert_tell(ce, state);
	return (state == STAPLE_FRESH);
}

void
cert_describe(const struct cert *ce, time_t now, struct certfacts *cx)
{
	time_t	 when;

	memset(cx, 0, sizeof(*cx));
	if (asntime_read(X509_get0_notBefore(ce->ce_x509), &when, NULL,
	    0) == 0)
		cx->cx_not_before = when;
	if (asntime_read(X509_get0_notAfter(ce->ce_x509), &when, NULL, 0) == 0)
		cx->cx_not_after = when;
	cx->cx_staple_until = ce->ce_staple.st_until;
	cx->cx_pair = ce->ce_index;
	cx->cx_staple = staple_state(&ce->ce_staple, now);
	strlcpy(cx->cx_file, ce->ce_name, sizeof(cx->cx_file));
	certname_hosts(ce->ce_x509, cx->cx_names, sizeof(cx->cx_names));
}

void
cert_tell_new(const struct cert *ce)
{
	char	 names[CERT_NAMES_MAX], day[40];
	time_t	 when;

	certname_hosts(ce->ce_x509, names, sizeof(names));
	if (asntime_read(X509_get0_notAfter(ce->ce_x509), &when, day,
	    sizeof(day)) == -1)
		strlcpy(day, "no date", sizeof(day));
	log_info("new certificate %s: until %s, for %s", ce->ce_name, day,
	    names);
}

void
cert_tell_gone(const struct cert *ce)
{
	log_info("certificate %s is no longer served", ce->ce_name);
}

int
cert_same(const struct cert *a, const struct cert *b)
{
	return (strcmp(a->ce_name, b->ce_name) == 0 && a->ce_len == b->ce_len &&
	    memcmp(a->ce_pem, b->ce_pem, a->ce_len) == 0);
}

struct cert *
cert_hold(struct cert *ce)
{
	ce->ce_refs++;
	return (ce);
}

void
cert_free(struct cert *ce)
{
	if (ce == NULL || (ce->ce_refs > 0 && --ce->ce_refs > 0))
		return;
	X509_free(ce->ce_x509);
	staple_clear(&ce->ce_staple);
	free(ce->ce_staplename);
	free(ce->ce_pem);
	free(ce->ce_name);
	free(ce);
}
