/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The server's nonces in SCRAM (lib/scram.h).  An exchange is two checks, and
 * nothing is stored between them.  A nonce has 12 random octets, and 18 of an
 * HMAC over these, the session number of the first check and the user: so the
 * second check shows that the nonce was made here, for that user and that
 * listener.  Its number is then marked as used, in a window of bits below the
 * highest of the listener; older ones are invalid.  Numbers are never reused,
 * so no nonce is.
 *
 * A listener makes the challenges of APOP and CRAM-MD5 itself (stamp.h), as a
 * greeting cannot wait: <epoch.number.random@popd>.  The epoch is derived from
 * authpop's key and the generation, so it differs for each listener and each
 * authpop; the numbers have a window of their own, in which one is used when a
 * digest for it was right.  So a digest that was observed cannot be replayed.
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

/* Make a nonce for a first check and its user. */
void	 seal_make(const uint8_t key[KEYHASH_KEY], const struct session_id *,
	    const char *user, char nonce[SCRAM_NONCE + 1]);

/* Return whether it is such a nonce, after the listener's own part. */
int	 seal_check(const uint8_t key[KEYHASH_KEY], const struct session_id *,
	    const char *user, const char *nonce);

/* Write the epoch of a listener: STAMP_EPOCH digits. */
void	 seal_epoch(const uint8_t key[KEYHASH_KEY], uint64_t gen,
	    char epoch[STAMP_EPOCH + 1]);

/* Return the number in a challenge of this listener; 0: not its own. */
uint64_t seal_number(const uint8_t key[KEYHASH_KEY], uint64_t gen,
	    const char *challenge);

/*
 * Use a number, once, of a listener whose highest is last.  Return 0 if it was
 * used, or is too old or too high.
 */
int	 seal_use(struct seal_window *, uint64_t number, uint64_t last);

#endif
