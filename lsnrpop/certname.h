/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The names in a certificate.
 */

#ifndef CERTNAME_H
#define CERTNAME_H

#include <openssl/x509.h>

#include <stddef.h>

/*
 * The names of the hosts that it is for, parted by blanks and cut to fit:
 * those of subjectAltName, else the subject's common name (RFC 6125, 6.4).
 */
void	 certname_hosts(X509 *, char *, size_t);

/*
 * Whom it is for: the one mail address of subjectAltName, or if there is none
 * the one common name of the subject.  -1 if there are several, none, or one
 * that is too long or has blanks or control characters.
 */
int	 certname_person(X509 *, char *, size_t);

#endif
