/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Accepting connections.
 */

#ifndef ACCEPT_H
#define ACCEPT_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"
#include "source.h"

struct tlsio_server;

/* A listening socket, non-blocking, and how it is served. */
struct accept_socket {
	int			 acs_fd;
	uint32_t		 acs_index;	/* for nets_proxy() */
	uint32_t		 acs_flags;	/* enum listen_flag */
	struct tlsio_server	*acs_server;	/* NULL: no TLS */
	char			 acs_domain[DOMAIN_MAX]; /* as mf_domain */
	struct source		 acs_local;	/* version 0: wildcard */
};

/* Initialize; call after proc_start(). */
void	 accept_init(void);

/*
 * Replace the sockets.  They and their servers are owned from now on.  Existing
 * connections are not affected.
 */
void	 accept_use(const struct accept_socket *acs, size_t count);

/* Stop accepting for good. */
void	 accept_close(void);

#endif
