/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Connections come in.
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
	uint32_t		 acs_index;	/* of nets_proxy() */
	uint32_t		 acs_flags;	/* enum listen_flag */
	struct tlsio_server	*acs_server;	/* NULL: no TLS */
	char			 acs_domain[DOMAIN_MAX];	/* mf_domain */
	struct source		 acs_local;	/* version 0: any of ours */
};

/* After proc_start(). */
void	 accept_init(void);

/*
 * Use these sockets, which are owned with their servers from now on, and at
 * most max connections from now on, instead of those before.  Clients that
 * there are go on as they began.
 */
void	 accept_use(const struct accept_socket *, size_t, unsigned int max);

/* Accept nothing more, for good. */
void	 accept_close(void);

#endif
