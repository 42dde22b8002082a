/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the queue has to say of a digest, for APOP and CRAM-MD5, before and
 * after a checker judges it: that its challenge is one, and that it is good
 * for one login.  See seal.h, and ticket.h for those of proxies.
 */

#ifndef DIGEST_H
#define DIGEST_H

#include <stdint.h>
#include <time.h>

#include "keyhash.h"
#include "msg.h"

struct check;
struct peer;

/* Whether a digest comes with it, in place of a password. */
int	 digest_method(enum auth_method);

/*
 * Whether a check has a challenge of its listener, or for a route one of a
 * proxy; what needs none has one.
 */
int	 digest_judge(const uint8_t key[KEYHASH_KEY],
	    const struct msg_auth_check *, time_t now);

/* The number of the listener's challenge in a client's half; 0: none. */
uint64_t digest_stamp(const uint8_t key[KEYHASH_KEY], uint64_t gen,
	    const char *half);

/* It was right: 0 if it was so before, or too long ago to know. */
int	 digest_fresh(struct peer *listener, const struct check *);

#endif
