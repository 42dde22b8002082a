/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A certificate of the configuration.
 */

#ifndef CERT_H
#define CERT_H

#include <openssl/x509.h>

#include <stddef.h>
#include <stdint.h>

#include "certfacts.h"

struct cert {
	unsigned int		 ce_index;	/* of its pair */
	char			*ce_name;	/* of its file */
	uint8_t			*ce_pem;	/* the chain */
	size_t			 ce_len;
	X509			*ce_x509;	/* the first of the chain */
};

/*
 * Make a certificate from a chain in PEM; name and pem are copied.  Return
 * NULL with "name: reason" in why.  cert_free() it.
 */
struct cert	*cert_new(unsigned int index, const char *name,
		    const uint8_t *pem, size_t len, char *why, size_t size);

/* Fill in what popctl(8) shows. */
void		 cert_describe(const struct cert *, struct certfacts *);

/* Log that a certificate is served now, or no longer. */
void		 cert_tell_new(const struct cert *);
void		 cert_tell_gone(const struct cert *);

/* Return whether both have the same file name and contents. */
int		 cert_same(const struct cert *, const struct cert *);

/* NULL is ignored. */
void		 cert_free(struct cert *);

#endif
