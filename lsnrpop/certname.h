/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Names in a certificate.
 */

#ifndef CERTNAME_H
#define CERTNAME_H

#include <openssl/x509.h>

#include <stddef.h>

/*
 * Copy the host names, separated by spaces and truncated to fit: those of
 * subjectAltName, else the subject's common name (RFC 6125 section 6.4).
 */
void	 certname_hosts(X509 *, char *, size_t);

#endif
