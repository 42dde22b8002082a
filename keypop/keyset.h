/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A set of private keys, as one configuration has them.
 */

#ifndef KEYSET_H
#define KEYSET_H

#include <stddef.h>
#include <stdint.h>

struct keyset;
struct key_request;
struct key_answer;

/*
 * Initialise libcrypto: what it does only once and with files, and so
 * before chroot and pledge.
 */
void		 keyset_init(void);

/* An empty set that keyset_free() frees; fatal if there is no memory. */
struct keyset	*keyset_new(void);

/* Free a set and wipe its keys; NULL is fine. */
void		 keyset_free(struct keyset *);

/* A certificate and its key, open; the names are for messages. */
struct keyset_pair {
	int		 kp_cert;
	int		 kp_key;
	int		 kp_tls12;	/* TLS 1.2 is served with it */
	const char	*kp_certname;
	const char	*kp_keyname;
};

/*
 * Read both, PEM, with pread(2) (the descriptors stay the caller's), check
 * that they are a pair and of a kind we sign with, and add the key.  If warn
 * is set, a certificate that is or soon will be expired is logged.  Returns
 * 0, or -1 with one line in why.
 */
int		 keyset_add(struct keyset *, const struct keyset_pair *,
		    int warn, char *why, size_t size);

/*
 * Whether the key of this name (KEY_NAME_LEN octets) is there; if tls12 is
 * set, only one that TLS 1.2 is served with.
 */
int		 keyset_has(const struct keyset *, const uint8_t *, int tls12);

/*
 * Wipe the keys that the other set has as well, for the same; returns how
 * many are left.
 */
size_t		 keyset_without(struct keyset *, const struct keyset *);

/*
 * Do what a request asks, with a key of this set (NULL: of none), and fill
 * the answer.  Returns NULL if it was signed, or a constant text: why not.
 */
const char	*keyset_answer(const struct keyset *,
		    const struct key_request *, struct key_answer *);

#endif
