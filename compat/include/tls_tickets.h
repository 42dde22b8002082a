/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TLS_TICKETS_H
#define TLS_TICKETS_H

/*
 * Let servers configured after this offer no session tickets (RFC 8446, 4.6.1):
 * sessions are never resumed, so each would be wasted.  Call after
 * tls_init(3).  Return 0, or -1 if the TLS library refuses.
 */
int	tls_no_tickets(void);

#endif
