/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS settings shared by all connections of a listening socket: certificates
 * and versions.
 */

#ifndef TLSIO_SERVER_H
#define TLSIO_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct cert;
struct tls;

/* For tlsio.c. */
struct tlsio_server {
	struct tls	*ts_tls;
	unsigned int	 ts_refs;
};

/* What a server is made of. */
struct tlsio_use {
	/* The first one is the default if SNI selects none. */
	struct cert	*const *tu_certs;
	size_t		 tu_count;
	int		 tu_tls12;	/* allow TLS 1.2 */
};

/*
 * Make a server; the private keys are in keypop.  Everything is copied.  Return
 * NULL with "name: reason" in why.
 */
struct tlsio_server *tlsio_server_new(const struct tlsio_use *, char *why,
	    size_t size);

/* Add a reference; return ts. */
struct tlsio_server *tlsio_server_hold(struct tlsio_server *);

/* Drop a reference.  NULL is ignored. */
void	 tlsio_server_free(struct tlsio_server *);

#endif
