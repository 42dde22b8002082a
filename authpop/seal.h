/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A listener makes the challenges of APOP and CRAM-MD5 itself (stamp.h), as a
 * greeting cannot wait: <epoch.number.random@popd>.  The epoch is derived from
 * authpop's key and the generation, so it differs for each listener and each
 * authpop.  A number is marked as used when a digest for it was right, in a
 * window of bits below the highest; older ones are invalid.  So a digest that
 * was observed cannot be replayed.
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
