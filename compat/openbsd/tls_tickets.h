/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TLS_TICKETS_H
#define TLS_TICKETS_H

/* See ../include/tls_tickets.h: LibreSSL has no tickets in TLS 1.3. */
static inline int
tls_no_tickets(void)
{
	return (0);
}

#endif
