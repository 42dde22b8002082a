/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Server contexts of libtls.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tls.h>

#include "cert.h"
#include "keysign.h"
#include "tlsio_server.h"

#define ALPN_POP3	"pop3"		/* RFC 7301 section 6 */

/*
 * For TLS 1.2: only forward secrecy with authenticated encryption.  The
 * ciphers of TLS 1.3 cannot be chosen.
 */
#define CIPHERS								\
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"	\
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"	\
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"

/* Return -1 on error; tls_config_error(3) may know why. */
static int
tlsio_server_configure(struct tls_config *config, const struct tlsio_use *tu)
{
	const struct cert	*ce = tu->tu_certs[0];
	uint32_t		 versions = TLS_PROTOCOL_TLSv1_3;
	size_t			 i;

	if (tu->tu_tls12)
		versions |= TLS_PROTOCOL_TLSv1_2;
	tls_config_use_fake_private_key(config);
	if (tls_config_set_protocols(config, versions) == -1 ||
	    tls_config_set_ciphers(config, CIPHERS) == -1 ||
	    tls_config_set_alpn(config, ALPN_POP3) == -1 ||
	    tls_config_set_keypair_mem(config, ce->ce_pem, ce->ce_len, NULL,
	    0) == -1)
		return (-1);
	for (i = 1; i < tu->tu_count; i++) {
		ce = tu->tu_certs[i];
		if (tls_config_add_keypair_mem(config, ce->ce_pem, ce->ce_len,
		    NULL, 0) == -1)
			return (-1);
	}
	return (0);
}

/* Return a configured context, or NULL with "name: reason" in why. */
static struct tls *
tlsio_server_tls(const struct tlsio_use *tu, const char *name, char *why,
    size_t size)
{
	struct tls_config	*config;
	struct tls		*tls = NULL;
	const char		*error = NULL;
	int			 bad = 1;

	if ((config = tls_config_new()) == NULL ||
	    (tls = tls_server()) == NULL)
		error = strerror(ENOMEM);
	else if (tlsio_server_configure(config, tu) == -1)
		error = tls_config_error(config);
	else if (tls_configure(tls, config) == -1)
		error = tls_error(tls);
	else
		bad = 0;
	/* The text belongs to config or tls. */
	if (bad) {
		snprintf(why, size, "%s: %s", name, error != NULL ? error :
		    "not a certificate chain in PEM");
		tls_free(tls);
		tls = NULL;
	}
	tls_config_free(config);
	return (tls);
}

struct tlsio_server *
tlsio_server_new(const struct tlsio_use *tu, char *why, size_t size)
{
	struct tlsio_server	*ts;
	struct tls		*tls;
	const char		*name = tu->tu_certs[0]->ce_name;

	if ((tls = tlsio_server_tls(tu, name, why, size)) == NULL)
		return (NULL);
	if ((ts = calloc(1, sizeof(*ts))) == NULL) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		tls_free(tls);
		return (NULL);
	}
	ts->ts_tls = tls;
	ts->ts_refs = 1;
	return (ts);
}

struct tlsio_server *
tlsio_server_hold(struct tlsio_server *ts)
{
	ts->ts_refs++;
	return (ts);
}

void
tlsio_server_free(struct tlsio_server *ts)
{
	if (ts == NULL || --ts->ts_refs > 0)
		return;
	tls_free(ts->ts_tls);
	free(ts);
}
