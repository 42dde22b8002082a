/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The header of the PROXY protocol, versions 1 and 2, as in haproxy's
 * proxy-protocol.txt.  A pure function that knows no socket.
 */

#ifndef PROXYHDR_H
#define PROXYHDR_H

#include <stddef.h>

struct source;

enum proxyhdr_status {
	PROXYHDR_MORE,			/* incomplete */
	PROXYHDR_DONE,
	PROXYHDR_BAD			/* invalid, whatever follows */
};

/*
 * Parse all octets received so far; *used of them belong to the header: all on
 * MORE.  On DONE source is the client's, or has so_version 0 if the connection
 * is the proxy's own (LOCAL) or the proxy does not say (UNKNOWN, UNSPEC, Unix
 * sockets, datagrams): the connection's own address counts.
 */
enum proxyhdr_status proxyhdr_parse(const char *, size_t, size_t *used,
	    struct source *);

#endif
