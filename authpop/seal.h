/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Nonces of the server in SCRAM (lib/scram.h): an exchange is two checks, and
 * nothing is remembered of it between them.  A nonce has 12 random octets, and
 * 18 of an HMAC over these, the session number of the first check and the user:
 * so the second shows that the nonce is ours, for him, of that listener.  The
 * number is marked as used then, in a window of bits behind the highest of the
 * listener; whatever is older is no good any more.  Numbers are never used
 * twice, so no nonce is.
 *
 * The challenges of APOP and CRAM-MD5 the listener makes itself (stamp.h), as a
 * greeting can wait for nobody: <epoch.number.random@popd>.  The epoch follows
 * from our key and its generation, so it is another one for each listener and
 * each of us; the numbers have a window of their own, where one is used when a
 * digest for it was right.  So a digest that was seen, by whom ever, opens
 * nothing once more.
 */

#ifndef SEAL_H
#define SEAL_H

#include <stdint.h>

#include "keyhash.h"
#include "limits.h"
#include "msg.h"

struct seal_window {
	uint64_t	 sw_last;
	uint64_t	 sw_used[SEAL_WINDOW / 64];
};

/* A nonce for a first check and its user. */
void	 seal_make(const uint8_t key[KEYHASH_KEY], const struct session_id *,
	    const char *user, char nonce[SCRAM_NONCE + 1]);

/* Whether it is that one. */
int	 seal_check(const uint8_t key[KEYHASH_KEY], const struct session_id *,
	    const char *user, const char *nonce);

/* The epoch of a listener: STAMP_EPOCH digits. */
void	 seal_epoch(const uint8_t key[KEYHASH_KEY], uint64_t gen,
	    char epoch[STAMP_EPOCH + 1]);

/* The number of a challenge of this listener; 0: it is none of its own. */
uint64_t seal_number(const uint8_t key[KEYHASH_KEY], uint64_t gen,
	    const char *challenge);

/*
 * Use this number, once, of a listener whose highest is last.  0: it was used,
 * is too old, or is to come.
 */
int	 seal_use(struct seal_window *, uint64_t number, uint64_t last);

#endif
