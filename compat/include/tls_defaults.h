/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TLS_DEFAULTS_H
#define TLS_DEFAULTS_H

/*
 * Let servers configured after this offer no session tickets (RFC 8446, 4.6.1),
 * since sessions are never resumed, and wipe decrypted records once they are
 * read.  Call after tls_init(3).  Return 0, or -1 if the TLS library refuses.
 */
int	tls_defaults(void);

#endif
