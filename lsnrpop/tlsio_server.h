/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS settings shared by all connections of a listening socket: certificates,
 * staples, versions, and whether client certificates are required.
 */

#ifndef TLSIO_SERVER_H
#define TLSIO_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct cert;
struct tls;
struct tlsio_server;

/* What a server is made of. */
struct tlsio_use {
	/* The first one is the default if SNI selects none. */
	struct cert	*const *tu_certs;
	size_t		 tu_count;
	int		 tu_tls12;	/* allow TLS 1.2 */
	/* CAs of client certificates, in PEM; NULL: not verified. */
	const char	*tu_caname;
	const uint8_t	*tu_ca;
	size_t		 tu_calen;
};

/*
 * Make a server; the private keys are in keypop.  Everything is copied or
 * referenced.  Return NULL with "name: reason" in why.
 */
struct tlsio_server *tlsio_server_new(const struct tlsio_use *, char *why,
	    size_t size);

/* Add a reference; return ts. */
struct tlsio_server *tlsio_server_hold(struct tlsio_server *);

/* Drop a reference; connections keep what they use.  NULL is ignored. */
void	 tlsio_server_free(struct tlsio_server *);

/* Return whether clients must show a verified certificate. */
int	 tlsio_server_verifies(const struct tlsio_server *);

/*
 * For tlsio.c: the context with the staples that are fresh now, with a
 * reference for one connection, which needs it for its handshake.
 */
struct tlsio_context {
	struct tls	*tlx_tls;
	unsigned int	 tlx_refs;
};
struct tlsio_context *tlsio_server_context(struct tlsio_server *);
void	 tlsio_context_free(struct tlsio_context *);

#endif
