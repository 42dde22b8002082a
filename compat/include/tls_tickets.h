/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TLS_TICKETS_H
#define TLS_TICKETS_H

/*
 * Servers that are configured after this offer no session tickets (RFC 8446,
 * 4.6.1): a session is resumed nowhere, so each would be made in vain.  To be
 * called after tls_init(3).  0, or -1 if the TLS library does not obey.
 */
int	tls_no_tickets(void);

#endif
