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

/*
 * Read a certificate and its private key, both PEM, from two open files (with
 * pread(2); the descriptors stay the caller's), check that they are a pair
 * and of a kind we sign with, and add the key.  The names are for messages.
 * Returns 0, or -1 with one line in why.
 */
int		 keyset_add(struct keyset *, int, const char *, int,
		    const char *, char *, size_t);

/*
 * Do what a request asks, with a key of one of the n sets (NULLs are
 * skipped), and fill the answer.  Returns NULL if it was signed, or a
 * constant text: why not.
 */
const char	*keyset_answer(struct keyset *const *, size_t,
		    const struct key_request *, struct key_answer *);

#endif
