/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listener's side of the private keys: it has none.  When the TLS
 * library wants a signature, keypop is asked for it.
 */

#ifndef KEYSIGN_H
#define KEYSIGN_H

#include <stdint.h>

struct tls_config;

/*
 * Have every RSA and EC key of this process signed for by keypop: to be
 * called once, before the first certificate is loaded.  fatal if the library
 * will not.
 *
 * A certificate is then configured without its key:
 *	tls_config_use_fake_private_key(config);
 *	tls_config_set_keypair_mem(config, cert, len, NULL, 0);
 */
void	 keysign_init(void);

/*
 * The socket to keypop (see MSG_PEER), non-blocking and owned from now on; it
 * replaces the one before.  -1: there is none, and handshakes fail.
 */
void	 keysign_peer(int);

/* How many signatures have been asked for, which takes most of a handshake. */
uint64_t keysign_count(void);

/* In libtls and libretls, but in no header of theirs. */
void	 tls_config_use_fake_private_key(struct tls_config *);

#endif
