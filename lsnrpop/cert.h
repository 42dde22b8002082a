/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A certificate of the configuration, with its staple, as all servers share
 * it.
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
	X509			*ce_x509;	/* its first */
	char			*ce_staplename;	/* of the file; NULL: none */
	struct staple		 ce_staple;
	enum staple_state	 ce_state;	/* that was told */
	int			 ce_warn;	/* changes are told */
};

/*
 * The pair's certificate, from a chain in PEM; both texts are copied.  NULL
 * with "name: reason" in why.
 */
struct cert	*cert_new(unsigned int index, const char *name,
		    const uint8_t *pem, size_t len, char *why, size_t size);

/*
 * Its staple, in DER; both are copied.  If warn is set the log hears now and
 * later when it is not to be given.  -1, with "name: reason" in why, if it is
 * no OCSP response.
 */
int		 cert_staple(struct cert *, const char *name,
		    const uint8_t *der, size_t len, int warn, char *why,
		    size_t size);

/* Whether the staple is to be given now; the log hears of changes. */
int		 cert_fresh(struct cert *, time_t now);

/* Fill in what there is to tell. */
void		 cert_describe(const struct cert *, time_t now,
		    struct certfacts *);

/* Tell the log of one that is served from now on, or of one that is not. */
void		 cert_tell_new(const struct cert *);
void		 cert_tell_gone(const struct cert *);

/* Whether two are of one file, in which nothing has changed. */
int		 cert_same(const struct cert *, const struct cert *);

/* One more holder; one less, which may be the last.  NULL is fine. */
struct cert	*cert_hold(struct cert *);
void		 cert_free(struct cert *);

#endif
