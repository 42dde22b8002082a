/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS of a configuration: certificates, and a server for each listening
 * socket.
 */

#ifndef SERVERS_H
#define SERVERS_H

#include <stddef.h>

struct certfacts;
struct confset;
struct servers;
struct tlsio_server;

/*
 * Make the servers of a set, which stays the caller's.  Return NULL with
 * "name: reason" in why.
 */
struct servers	*servers_new(const struct confset *, char *why, size_t size);

/*
 * Return the server of the set's file i, with a reference for the caller, or
 * NULL for a socket without TLS.
 */
struct tlsio_server *servers_hold(const struct servers *, size_t i);

/* Describe certificate i, from 0.  Return -1 after the last. */
int		 servers_describe(const struct servers *, size_t i,
		    struct certfacts *);

/*
 * Log which certificates of the second are new, and which files of the first
 * are gone.
 */
void		 servers_tell(const struct servers *, const struct servers *);

/* Free it all; NULL is ignored. */
void		 servers_free(struct servers *);

#endif
