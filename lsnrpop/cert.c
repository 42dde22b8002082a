/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Certificates.  See cert.h.
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

/* Return the first certificate in PEM, owned by the caller, or NULL. */
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
	ce->ce_index = index;
	if ((ce->ce_x509 = cert_parse(pem, len)) == NULL) {
		snprintf(why, size, "%s: not a certificate chain in PEM",
		    name);
		cert_free(ce);
		return (NULL);
	}
	return (ce);
}

void
cert_describe(const struct cert *ce, struct certfacts *cx)
{
	time_t	 when;

	memset(cx, 0, sizeof(*cx));
	if (asntime_read(X509_get0_notBefore(ce->ce_x509), &when, NULL,
	    0) == 0)
		cx->cx_not_before = when;
	if (asntime_read(X509_get0_notAfter(ce->ce_x509), &when, NULL, 0) == 0)
		cx->cx_not_after = when;
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

void
cert_free(struct cert *ce)
{
	if (ce == NULL)
		return;
	X509_free(ce->ce_x509);
	free(ce->ce_pem);
	free(ce->ce_name);
	free(ce);
}
