/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Private keys: a listener has none.  When the TLS library wants a signature,
 * keypop makes it.
 */

#ifndef KEYSIGN_H
#define KEYSIGN_H

#include <stdint.h>

struct tls_config;

/*
 * Have keypop sign for every RSA and EC key of this process.  Call once,
 * before the first certificate is loaded; fatal if the library refuses.
 *
 * A certificate is then configured without its key:
 * 	tls_config_use_fake_private_key(config);
 * 	tls_config_set_keypair_mem(config, cert, len, NULL, 0);
 */
void	 keysign_init(void);

/*
 * Set the socket to keypop (see MSG_PEER), non-blocking and owned from now on;
 * the previous one is closed.  -1: none, and handshakes fail.
 */
void	 keysign_peer(int);

/* Return how many signatures were asked for: most of a handshake's cost. */
uint64_t keysign_count(void);

/* In libtls and libretls, but not in their headers. */
void	 tls_config_use_fake_private_key(struct tls_config *);

#endif
