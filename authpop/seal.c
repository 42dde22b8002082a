/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Nonces that cannot be used twice.  See seal.h.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "hmac.h"
#include "seal.h"

#define SEAL_RANDOM	12
#define SEAL_OCTETS	(SCRAM_NONCE / 4 * 3)

/* The rest of a nonce, after what is random of it. */
static void
seal_sign(const uint8_t key[KEYHASH_KEY], const struct session_id *id,
    const char *user, uint8_t nonce[SEAL_OCTETS])
{
	struct hmac	 hm;
	uint8_t		 code[HMAC_LEN];

	hmac_init(&hm, key, KEYHASH_KEY);
	hmac_update(&hm, nonce, SEAL_RANDOM);
	hmac_update(&hm, id, sizeof(*id));
	hmac_update(&hm, user, strlen(user));
	hmac_final(&hm, code);
	memcpy(nonce + SEAL_RANDOM, code, SEAL_OCTETS - SEAL_RANDOM);
}

void
seal_make(const uint8_t key[KEYHASH_KEY], const struct session_id *id,
    const char *user, char nonce[SCRAM_NONCE + 1])
{
	uint8_t	 octets[SEAL_OCTETS];

	arc4random_buf(octets, SEAL_RANDOM);
	seal_sign(key, id, user, octets);
	base64_encode(octets, sizeof(octets), nonce);
}

int
seal_check(const uint8_t key[KEYHASH_KEY], const struct session_id *id,
    const char *user, const char *nonce)
{
	uint8_t	 octets[SEAL_OCTETS], want[SEAL_OCTETS];

	if (strlen(nonce) != SCRAM_NONCE ||
	    base64_decode(nonce, SCRAM_NONCE, octets) != SEAL_OCTETS)
		return (0);
	memcpy(want, octets, sizeof(want));
	seal_sign(key, id, user, want);
	return (timingsafe_bcmp(octets, want, sizeof(want)) == 0);
}

/* The window goes on to this number; what comes into it is not used. */
static void
seal_advance(struct seal_window *sw, uint64_t last)
{
	if (last - sw->sw_last >= SEAL_WINDOW) {
		memset(sw->sw_used, 0, sizeof(sw->sw_used));
		sw->sw_last = last;
	}
	while (sw->sw_last < last) {
		sw->sw_last++;
		sw->sw_used[sw->sw_last % SEAL_WINDOW / 64] &=
		    ~((uint64_t)1 << sw->sw_last % 64);
	}
}

int
seal_use(struct seal_window *sw, uint64_t number, uint64_t last)
{
	uint64_t	*word, bit = (uint64_t)1 << number % 64;

	if (last > sw->sw_last)
		seal_advance(sw, last);
	if (number > sw->sw_last || sw->sw_last - number >= SEAL_WINDOW)
		return (0);
	word = &sw->sw_used[number % SEAL_WINDOW / 64];
	if (*word & bit)
		return (0);
	*word |= bit;
	return (1);
}
