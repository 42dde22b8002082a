/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef TLS_DEFAULTS_H
#define TLS_DEFAULTS_H

/*
 * See ../include/tls_defaults.h: LibreSSL has no tickets in TLS 1.3, and wipes
 * records itself.
 */
static inline int
tls_defaults(void)
{
	return (0);
}

#endif
