/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Challenges that cannot be reused.  See seal.h.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmac.h"
#include "seal.h"

void
seal_epoch(const uint8_t key[KEYHASH_KEY], uint64_t gen,
    char epoch[STAMP_EPOCH + 1])
{
	struct hmac	 hm;
	uint8_t		 code[HMAC_LEN];
	size_t		 i;

	hmac_init(&hm, key, KEYHASH_KEY);
	hmac_update(&hm, "epoch", 5);
	hmac_update(&hm, &gen, sizeof(gen));
	hmac_final(&hm, code);
	for (i = 0; i < STAMP_EPOCH / 2; i++)
		snprintf(epoch + 2 * i, 3, "%02x", code[i]);
}

uint64_t
seal_number(const uint8_t key[KEYHASH_KEY], uint64_t gen,
    const char *challenge)
{
	char			 want[STAMP_EPOCH + 3] = "<";
	char			*end;
	unsigned long long	 number;

	seal_epoch(key, gen, want + 1);
	strlcat(want, ".", sizeof(want));
	if (strncmp(challenge, want, strlen(want)) != 0)
		return (0);
	challenge += strlen(want);
	/* A listener writes it in one way only; just the value is used. */
	errno = 0;
	number = strtoull(challenge, &end, 16);
	return (errno != 0 || *end != '.' ? 0 : number);
}

/* Advance the window to this number; new numbers are unused. */
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
