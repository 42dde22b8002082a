/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The header of the PROXY protocol, versions 1 and 2, as haproxy's
 * proxy-protocol.txt has it.  A pure function: it knows no socket.
 */

#ifndef PROXYHDR_H
#define PROXYHDR_H

#include <stddef.h>

struct source;

enum proxyhdr_status {
	PROXYHDR_MORE,			/* a beginning of one */
	PROXYHDR_DONE,
	PROXYHDR_BAD			/* none, whatever follows */
};

/*
 * Look at all octets that have come so far.  *used of them belong to the
 * header: all on MORE.  On DONE the source is that of the client, or has
 * so_version 0 if the connection is the proxy's own (LOCAL), or the proxy
 * does not say (UNKNOWN, UNSPEC, a Unix socket, datagrams): then the
 * connection's own address counts.
 */
enum proxyhdr_status proxyhdr_parse(const char *, size_t, size_t *used,
	    struct source *);

#endif
