/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What is the same for all connections of a listening socket: certificates,
 * their staples, versions of TLS, whether clients have certificates.
 */

#ifndef TLSIO_SERVER_H
#define TLSIO_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct cert;
struct tls;
struct tlsio_server;

/* A server that is to be. */
struct tlsio_use {
	/* The first is for clients that name no host, or another. */
	struct cert	*const *tu_certs;
	size_t		 tu_count;
	int		 tu_tls12;	/* TLS 1.2, too */
	/* Clients must have a certificate of these, in PEM; NULL: none. */
	const char	*tu_caname;
	const uint8_t	*tu_ca;
	size_t		 tu_calen;
};

/*
 * A server; the private keys of its certificates are elsewhere.  All is
 * copied or held.  NULL with "name: reason" in why.
 */
struct tlsio_server *tlsio_server_new(const struct tlsio_use *, char *why,
	    size_t size);

/* One more holder of a server. */
struct tlsio_server *tlsio_server_hold(struct tlsio_server *);

/*
 * Let go of a server; it stays for the connections that it accepted.  NULL
 * is fine.
 */
void	 tlsio_server_free(struct tlsio_server *);

/* Whether each client has shown a certificate that was verified. */
int	 tlsio_server_verifies(const struct tlsio_server *);

/*
 * For tlsio.c: the library's part of it with the staples that are fresh now,
 * held for one connection, which looks at it during its handshake.
 */
struct tlsio_context {
	struct tls	*tlx_tls;
	unsigned int	 tlx_refs;
};
struct tlsio_context *tlsio_server_context(struct tlsio_server *);
void	 tlsio_context_free(struct tlsio_context *);

#endif
