/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A certificate of the configuration and its staple, shared by all servers.
 */

#ifndef CERT_H
#define CERT_H

#include <openssl/x509.h>

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "certfacts.h"
#include "staple.h"

struct cert {
	unsigned int		 ce_refs;
	unsigned int		 ce_index;	/* of its pair */
	char			*ce_name;	/* of its file */
	uint8_t			*ce_pem;	/* the chain */
	size_t			 ce_len;
	X509			*ce_x509;	/* the first of the chain */
	char			*ce_staplename;	/* of its file; NULL: none */
	struct staple		 ce_staple;
	enum staple_state	 ce_state;	/* as last logged */
	int			 ce_warn;	/* log changes */
};

/*
 * Make a certificate from a chain in PEM; name and pem are copied.  Return
 * NULL with "name: reason" in why.  cert_free() it.
 */
struct cert	*cert_new(unsigned int index, const char *name,
		    const uint8_t *pem, size_t len, char *why, size_t size);

/*
 * Add its staple, in DER; name and der are copied.  With warn, log now and
 * later when it cannot be sent.  Return -1 with "name: reason" in why if it is
 * not an OCSP response.
 */
int		 cert_staple(struct cert *ce, const char *name,
		    const uint8_t *der, size_t len, int warn, char *why,
		    size_t size);

/* Return whether the staple may be sent now; changes are logged. */
int		 cert_fresh(struct cert *, time_t now);

/* Fill in what popctl(8) and metrics show. */
void		 cert_describe(const struct cert *, time_t now,
		    struct certfacts *);

/* Log that a certificate is served now, or no longer. */
void		 cert_tell_new(const struct cert *);
void		 cert_tell_gone(const struct cert *);

/* Return whether both have the same file name and contents. */
int		 cert_same(const struct cert *, const struct cert *);

/*
 * cert_hold() adds a reference and returns ce; cert_free() drops one and frees
 * the certificate with the last.  NULL is ignored by cert_free().
 */
struct cert	*cert_hold(struct cert *);
void		 cert_free(struct cert *);

#endif
