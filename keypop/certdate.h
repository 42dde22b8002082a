/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The days for which a certificate is valid.
 */

#ifndef CERTDATE_H
#define CERTDATE_H

#include <openssl/x509.h>

/*
 * Log a certificate that is not valid yet, has expired or will within
 * CERT_WARN_DAYS; the name is that of its file.
 */
void	 certdate_warn(const X509 *, const char *);

#endif
