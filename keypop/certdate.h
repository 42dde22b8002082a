/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The validity period of a certificate.
 */

#ifndef CERTDATE_H
#define CERTDATE_H

#include <openssl/x509.h>

/*
 * Log a certificate that is not yet valid, has expired or will within
 * CERT_WARN_DAYS.  name is that of its file.
 */
void	 certdate_warn(const X509 *, const char *);

#endif
