/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Digests and their challenges.  See digest.h.
 */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include "digest.h"
#include "limits.h"
#include "msg.h"
#include "peer.h"
#include "queue.h"
#include "seal.h"

int
digest_method(enum auth_method method)
{
	return (method == AUTH_APOP || method == AUTH_CRAM);
}

uint64_t
digest_stamp(const uint8_t key[KEYHASH_KEY], uint64_t gen, const char *half)
{
	if (strlen(half) < SECRET_DIGEST)
		return (0);
	return (seal_number(key, gen, half + SECRET_DIGEST));
}

int
digest_judge(const uint8_t key[KEYHASH_KEY], const struct msg_auth_check *mac)
{
	return (!digest_method(mac->mac_method) ||
	    mac->mac_purpose == PURPOSE_ROUTE ||
	    digest_stamp(key, mac->mac_id.si_gen, mac->mac_pass) != 0);
}

int
digest_fresh(struct peer *listener, const struct check *ck)
{
	return (ck->ck_stamp == 0 || (listener != NULL &&
	    seal_use(&listener->pe_stamps, ck->ck_stamp, ck->ck_stamp)));
}
