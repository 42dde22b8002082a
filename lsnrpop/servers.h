/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The TLS of a configuration: its certificates, and a server for each of its
 * listening sockets.
 */

#ifndef SERVERS_H
#define SERVERS_H

#include <stddef.h>

struct certfacts;
struct confset;
struct servers;
struct tlsio_server;

/*
 * Read what a set has and make servers of it; the set stays the caller's.
 * NULL with "name: reason" in why.
 */
struct servers	*servers_new(const struct confset *, char *why, size_t size);

/* The server of the set's file i, held; NULL: a socket without TLS. */
struct tlsio_server *servers_hold(const struct servers *, size_t i);

/* What is to be told of certificate i, from 0; -1 after the last. */
int		 servers_describe(const struct servers *, size_t i,
		    struct certfacts *);

/*
 * Tell the log which certificates of the second are not in the first, and
 * which files of the first are not in the second.
 */
void		 servers_tell(const struct servers *, const struct servers *);

/* Let go of all of it; NULL is fine. */
void		 servers_free(struct servers *);

#endif
