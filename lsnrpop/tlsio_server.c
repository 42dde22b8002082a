/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Server contexts of libtls.  A staple is sent only while it is fresh, and the
 * library cannot withdraw one: when one becomes valid or expires, the next
 * connection makes a new context.
 */

#include <sys/types.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tls.h>

#include "cert.h"
#include "keysign.h"
#include "limits.h"
#include "log.h"
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

struct tlsio_server {
	unsigned int		 ts_refs;
	struct tlsio_context	*ts_context;
	struct cert		*ts_certs[KEYPAIRS_MAX];
	size_t			 ts_count;
	uint64_t		 ts_staples;	/* bit n: of ts_certs[n] is
						   fresh */
	time_t			 ts_looked;	/* when staples were checked */
	int			 ts_tls12;
	uint8_t			*ts_ca;		/* NULL: no verification */
	size_t			 ts_calen;
};

static int
tlsio_server_keypair(struct tls_config *config, const struct tlsio_server *ts,
    size_t i)
{
	const struct cert	*ce = ts->ts_certs[i];
	const uint8_t		*staple = NULL;
	size_t			 len = 0;

	if (ts->ts_staples >> i & 1) {
		staple = ce->ce_staple.st_der;
		len = ce->ce_staple.st_len;
	}
	if (i == 0)
		return (tls_config_set_keypair_ocsp_mem(config, ce->ce_pem,
		    ce->ce_len, NULL, 0, staple, len));
	return (tls_config_add_keypair_ocsp_mem(config, ce->ce_pem, ce->ce_len,
	    NULL, 0, staple, len));
}

/* Return -1 on error; tls_config_error(3) may know why. */
static int
tlsio_server_configure(struct tls_config *config,
    const struct tlsio_server *ts)
{
	uint32_t	 versions = TLS_PROTOCOL_TLSv1_3;
	size_t		 i;

	if (ts->ts_tls12)
		versions |= TLS_PROTOCOL_TLSv1_2;
	tls_config_use_fake_private_key(config);
	if (tls_config_set_protocols(config, versions) == -1 ||
	    tls_config_set_ciphers(config, CIPHERS) == -1 ||
	    tls_config_set_alpn(config, ALPN_POP3) == -1)
		return (-1);
	for (i = 0; i < ts->ts_count; i++)
		if (tlsio_server_keypair(config, ts, i) == -1)
			return (-1);
	if (ts->ts_ca == NULL)
		return (0);
	tls_config_verify_client(config);
	return (tls_config_set_ca_mem(config, ts->ts_ca, ts->ts_calen));
}

/* Return a configured context, or NULL with "name: reason" in why. */
static struct tls *
tlsio_server_tls(const struct tlsio_server *ts, const char *name, char *why,
    size_t size)
{
	struct tls_config	*config;
	struct tls		*tls = NULL;
	const char		*error = NULL;
	int			 bad = 1;

	if ((config = tls_config_new()) == NULL ||
	    (tls = tls_server()) == NULL)
		error = strerror(ENOMEM);
	else if (tlsio_server_configure(config, ts) == -1)
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

void
tlsio_context_free(struct tlsio_context *tlx)
{
	if (tlx == NULL || --tlx->tlx_refs > 0)
		return;
	tls_free(tlx->tlx_tls);
	free(tlx);
}

/* Return which staples are fresh now. */
static uint64_t
tlsio_server_fresh(const struct tlsio_server *ts, time_t now)
{
	uint64_t	 fresh = 0;
	size_t		 i;

	for (i = 0; i < ts->ts_count; i++)
		if (cert_fresh(ts->ts_certs[i], now))
			fresh |= (uint64_t)1 << i;
	return (fresh);
}

/*
 * Make a new context; the old one stays for its connections.  Return -1 with
 * the reason in why.
 */
static int
tlsio_server_renew(struct tlsio_server *ts, const char *name, char *why,
    size_t size)
{
	struct tlsio_context	*tlx;
	struct tls		*tls;

	if ((tls = tlsio_server_tls(ts, name, why, size)) == NULL)
		return (-1);
	if ((tlx = calloc(1, sizeof(*tlx))) == NULL) {
		snprintf(why, size, "%s: %s", name, strerror(errno));
		tls_free(tls);
		return (-1);
	}
	tlx->tlx_tls = tls;
	tlx->tlx_refs = 1;
	tlsio_context_free(ts->ts_context);
	ts->ts_context = tlx;
	return (0);
}

struct tlsio_context *
tlsio_server_context(struct tlsio_server *ts)
{
	uint64_t	 before = ts->ts_staples;
	time_t		 now = time(NULL);
	char		 why[256];

	if (now != ts->ts_looked) {
		ts->ts_looked = now;
		ts->ts_staples = tlsio_server_fresh(ts, now);
		if (ts->ts_staples != before && tlsio_server_renew(ts,
		    ts->ts_certs[0]->ce_name, why, sizeof(why)) == -1) {
			/* Retried in the next second. */
			log_warnx("staples not renewed: %s", why);
			ts->ts_staples = before;
		}
	}
	ts->ts_context->tlx_refs++;
	return (ts->ts_context);
}

/* Return whether a CA file contains a certificate at all. */
static int
tlsio_server_authority(const struct tlsio_use *tu)
{
	X509	*x509 = NULL;
	BIO	*bio;

	if ((bio = BIO_new_mem_buf(tu->tu_ca, (int)tu->tu_calen)) != NULL)
		x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	X509_free(x509);
	return (x509 != NULL);
}

static struct tlsio_server *
tlsio_server_alloc(const struct tlsio_use *tu)
{
	struct tlsio_server	*ts;

	if ((ts = calloc(1, sizeof(*ts))) == NULL)
		return (NULL);
	ts->ts_refs = 1;
	ts->ts_tls12 = tu->tu_tls12;
	if (tu->tu_ca != NULL) {
		if ((ts->ts_ca = malloc(tu->tu_calen)) == NULL) {
			free(ts);
			return (NULL);
		}
		memcpy(ts->ts_ca, tu->tu_ca, ts->ts_calen = tu->tu_calen);
	}
	for (; ts->ts_count < tu->tu_count; ts->ts_count++)
		ts->ts_certs[ts->ts_count] =
		    cert_hold(tu->tu_certs[ts->ts_count]);
	return (ts);
}

struct tlsio_server *
tlsio_server_new(const struct tlsio_use *tu, char *why, size_t size)
{
	struct tlsio_server	*ts;
	const char		*name = tu->tu_certs[0]->ce_name;

	/* The library accepts any text as an empty list of CAs. */
	if (tu->tu_ca != NULL) {
		name = tu->tu_caname;
		if (!tlsio_server_authority(tu)) {
			snprintf(why, size, "%s: not a certificate in PEM",
			    name);
			return (NULL);
		}
	}
	if (tu->tu_count > KEYPAIRS_MAX ||
	    (ts = tlsio_server_alloc(tu)) == NULL) {
		snprintf(why, size, "%s: %s", name, strerror(ENOMEM));
		return (NULL);
	}
	ts->ts_looked = time(NULL);
	ts->ts_staples = tlsio_server_fresh(ts, ts->ts_looked);
	if (tlsio_server_renew(ts, name, why, size) == -1) {
		tlsio_server_free(ts);
		return (NULL);
	}
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
	tlsio_context_free(ts->ts_context);
	while (ts->ts_count > 0)
		cert_free(ts->ts_certs[--ts->ts_count]);
	free(ts->ts_ca);
	free(ts);
}

int
tlsio_server_verifies(const struct tlsio_server *ts)
{
	return (ts->ts_ca != NULL);
}
