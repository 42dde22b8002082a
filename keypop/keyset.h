/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The private keys of one configuration.
 */

#ifndef KEYSET_H
#define KEYSET_H

#include <stddef.h>
#include <stdint.h>

struct keyset;
struct key_request;
struct key_answer;

/* Initialize libcrypto, before chroot and pledge: it reads files once. */
void		 keyset_init(void);

/* Return an empty set, to be freed with keyset_free(); fatal without memory. */
struct keyset	*keyset_new(void);

/* Wipe the keys and free the set; NULL is ignored. */
void		 keyset_free(struct keyset *);

/* A certificate and its key, open; the names are for messages. */
struct keyset_pair {
	int		 kp_cert;
	int		 kp_key;
	int		 kp_tls12;	/* used with TLS 1.2 */
	const char	*kp_certname;
	const char	*kp_keyname;
};

/*
 * Read both, in PEM, with pread(2) (the descriptors stay the caller's), check
 * that they match and are supported, and add the key.  With warn, log a
 * certificate that has expired or soon will.  Return 0, or -1 with one line in
 * why.
 */
int		 keyset_add(struct keyset *ks, const struct keyset_pair *kp,
		    int warn, char *why, size_t size);

/*
 * Return whether the set has the key of this name (KEY_NAME_LEN octets); with
 * tls12, only if it is used with TLS 1.2.
 */
int		 keyset_has(const struct keyset *, const uint8_t *, int tls12);

/*
 * Wipe the keys that the other set also has, for the same use.  Return how
 * many are left.
 */
size_t		 keyset_subtract(struct keyset *, const struct keyset *);

/*
 * Execute a request with a key of this set (or NULL), and fill the answer.
 * Return NULL if it was signed, or a constant text why not.
 */
const char	*keyset_answer(const struct keyset *,
		    const struct key_request *, struct key_answer *);

#endif
