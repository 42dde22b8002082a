/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * In: names as the issuer of a certificate wrote them.  Out: text that a table
 * or a log cannot mistake for several names.
 */

#include <sys/types.h>

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>

#include "certname.h"

/* Copy a string as UTF-8.  Return -1 if it is not one word, or too long. */
static int
certname_copy(const ASN1_STRING *as, char *buf, size_t size)
{
	unsigned char	*text;
	int		 len, i;

	if ((len = ASN1_STRING_to_UTF8(&text, as)) < 0) {
		ERR_clear_error();
		return (-1);
	}
	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] == 0x7f)
			break;
	if (len == 0 || i < len || (size_t)len >= size) {
		OPENSSL_free(text);
		return (-1);
	}
	memcpy(buf, text, (size_t)len);
	buf[len] = '\0';
	OPENSSL_free(text);
	return (0);
}

/* Return the number of common names and copy one, "" if that fails. */
static int
certname_common(const X509 *cert, char *buf, size_t size)
{
	X509_NAME	*name = X509_get_subject_name(cert);
	int		 at = -1, n = 0;

	buf[0] = '\0';
	while ((at = X509_NAME_get_index_by_NID(name, NID_commonName,
	    at)) >= 0) {
		n++;
		if (certname_copy(X509_NAME_ENTRY_get_data(
		    X509_NAME_get_entry(name, at)), buf, size) == -1)
			buf[0] = '\0';
	}
	return (n);
}

/* Return the next name of a kind, from *at on, or NULL after the last. */
static const ASN1_STRING *
certname_next(GENERAL_NAMES *names, int kind, int *at)
{
	const GENERAL_NAME	*gn;

	while (names != NULL && *at < sk_GENERAL_NAME_num(names)) {
		gn = sk_GENERAL_NAME_value(names, (*at)++);
		if (gn->type == kind)
			return (kind == GEN_DNS ? gn->d.dNSName :
			    gn->d.rfc822Name);
	}
	return (NULL);
}

static GENERAL_NAMES *
certname_alt(X509 *cert)
{
	GENERAL_NAMES	*names;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	ERR_clear_error();
	return (names);
}

void
certname_hosts(X509 *cert, char *buf, size_t size)
{
	GENERAL_NAMES		*names = certname_alt(cert);
	const ASN1_STRING	*as;
	char			 one[256];
	int			 at = 0;

	buf[0] = '\0';
	while ((as = certname_next(names, GEN_DNS, &at)) != NULL) {
		if (certname_copy(as, one, sizeof(one)) == -1 ||
		    strlen(buf) + strlen(one) + 2 > size)
			continue;
		if (buf[0] != '\0')
			strlcat(buf, " ", size);
		strlcat(buf, one, size);
	}
	GENERAL_NAMES_free(names);
	if (buf[0] == '\0')
		certname_common(cert, buf, size);
}
