/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The queue's part in checking a digest for APOP and CRAM-MD5, before and
 * after a checker: its challenge must be valid, and is good for one login.
 * See seal.h; checkers judge those of proxies.
 */

#ifndef DIGEST_H
#define DIGEST_H

#include <stdint.h>

#include "keyhash.h"
#include "msg.h"

struct check;
struct peer;

/* Return whether a method sends a digest in place of a password. */
int	 digest_method(enum auth_method);

/* Return whether a check has a challenge of its listener, or needs none. */
int	 digest_judge(const uint8_t key[KEYHASH_KEY],
	    const struct msg_auth_check *);

/* Return the number of the listener's challenge in a client's half; 0: none. */
uint64_t digest_stamp(const uint8_t key[KEYHASH_KEY], uint64_t gen,
	    const char *half);

/*
 * The digest was right: return 0 if it was used before, or is too old to know.
 */
int	 digest_fresh(struct peer *listener, const struct check *);

#endif
