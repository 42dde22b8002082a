/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OCSP responses.  In: a file, opened by root.  Out: whether, and until when,
 * it may be sent to clients.
 */

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "asntime.h"
#include "staple.h"

/*
 * Return whether an answer is about this certificate, by serial number and
 * issuer name; the issuer's key is not needed.
 */
static int
staple_is_for(const OCSP_SINGLERESP *single, const X509 *cert)
{
	ASN1_OCTET_STRING	*name;
	ASN1_INTEGER		*serial;
	ASN1_OBJECT		*method;
	const EVP_MD		*md;
	unsigned char		 hash[EVP_MAX_MD_SIZE];
	unsigned int		 len;

	/* The libraries differ in constness. */
	OCSP_id_get0_info(&name, &method, NULL, &serial,
	    (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single));
	return (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(cert)) == 0 &&
	    (md = EVP_get_digestbyobj(method)) != NULL &&
	    X509_NAME_digest(X509_get_issuer_name(cert), md, hash,
	    &len) == 1 && len == (unsigned int)ASN1_STRING_length(name) &&
	    memcmp(hash, ASN1_STRING_get0_data(name), len) == 0);
}

/* Evaluate an answer about this certificate. */
static enum staple_state
staple_judge(struct staple *st, OCSP_SINGLERESP *single)
{
	ASN1_GENERALIZEDTIME	*from, *until;
	int			 status, reason;

	status = OCSP_single_get0_status(single, &reason, NULL, &from, &until);
	if (status == V_OCSP_CERTSTATUS_REVOKED)
		return (STAPLE_REVOKED);
	if (status != V_OCSP_CERTSTATUS_GOOD)
		return (STAPLE_UNKNOWN);
	/*
	 * A response without an end must not be cached (RFC 5019 section
	 * 2.2.4).
	 */
	if (asntime_read(from, &st->st_from, NULL, 0) == -1 ||
	    asntime_read(until, &st->st_until, st->st_day,
	    sizeof(st->st_day)) == -1) {
		st->st_from = st->st_until = 0;
		strlcpy(st->st_day, "no date", sizeof(st->st_day));
	}
	return (STAPLE_FRESH);
}

static enum staple_state
staple_search(struct staple *st, const X509 *cert, OCSP_BASICRESP *basic)
{
	OCSP_SINGLERESP	*single;
	int		 i;

	for (i = 0; i < OCSP_resp_count(basic); i++) {
		single = OCSP_resp_get0(basic, i);
		if (staple_is_for(single, cert))
			return (staple_judge(st, single));
	}
	return (STAPLE_OTHER);
}

int
staple_read(struct staple *st, const X509 *cert, const uint8_t *der,
    size_t len, const char **why)
{
	const unsigned char	*p = der;
	OCSP_RESPONSE		*response;
	OCSP_BASICRESP		*basic = NULL;

	memset(st, 0, sizeof(*st));
	response = d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	if (response == NULL || p != der + len)
		*why = "is not an OCSP response in DER";
	else if (OCSP_response_status(response) !=
	    OCSP_RESPONSE_STATUS_SUCCESSFUL)
		*why = "is an OCSP error response";
	else if ((basic = OCSP_response_get1_basic(response)) == NULL)
		*why = "is an OCSP response of an unknown type";
	else {
		st->st_verdict = staple_search(st, cert, basic);
		if ((st->st_der = malloc(len)) == NULL)
			*why = "does not fit in memory";
		else
			memcpy(st->st_der, der, st->st_len = len);
	}
	ERR_clear_error();
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return (st->st_der == NULL ? -1 : 0);
}

enum staple_state
staple_state(const struct staple *st, time_t now)
{
	if (st->st_der == NULL)
		return (STAPLE_NONE);
	if (st->st_verdict != STAPLE_FRESH)
		return (st->st_verdict);
	if (now < st->st_from)
		return (STAPLE_EARLY);
	return (now < st->st_until ? STAPLE_FRESH : STAPLE_EXPIRED);
}

time_t
staple_change(const struct staple *st, time_t now)
{
	switch (staple_state(st, now)) {
	case STAPLE_EARLY:
		return (st->st_from);
	case STAPLE_FRESH:
		return (st->st_until);
	default:
		return (0);
	}
}

void
staple_clear(struct staple *st)
{
	free(st->st_der);
	memset(st, 0, sizeof(*st));
}
