/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Choosing a peer of the queue.  See peer.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "msg.h"
#include "peer.h"
#include "queue.h"

struct peer *
peer_listener(struct peers *all, uint64_t gen)
{
	struct peer	*pe;

	LIST_FOREACH(pe, all, pe_entry)
		if (pe->pe_role == ROLE_LISTENER && pe->pe_gen == gen)
			break;
	return (pe);
}

/* Return a number for each pair of checker and user; highest wins. */
static uint64_t
peer_affinity(const struct peer *pe, const struct check *ck)
{
	uint64_t	 n = ck->ck_claim.cl_user ^ pe->pe_gen;

	/* The steps of splitmix64: every bit depends on all of n. */
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9ULL;
	n = (n ^ n >> 27) * 0x94d049bb133111ebULL;
	return (n ^ n >> 31);
}

static struct peer *
peer_best(struct peers *all, const struct check *ck, int idle)
{
	struct peer	*pe, *best = NULL;

	LIST_FOREACH(pe, all, pe_entry) {
		if (pe->pe_role != ROLE_CHECKER ||
		    (idle && pe->pe_check != NULL))
			continue;
		if (best == NULL || (ck != NULL &&
		    peer_affinity(pe, ck) > peer_affinity(best, ck)))
			best = pe;
	}
	return (best);
}

struct peer *
peer_idle(struct peers *all, const struct check *ck)
{
	return (peer_best(all, ck, 1));
}

struct peer *
peer_own(struct peers *all, const struct check *ck)
{
	return (peer_best(all, ck, 0));
}

void
peer_keep(struct peer *pe, struct check *ck, uint64_t seq)
{
	ck->ck_proof = seq;
	LIST_INSERT_HEAD(&pe->pe_kept, ck, ck_asking);
}

struct check *
peer_find(struct peer *pe, uint64_t seq)
{
	struct check	*ck;

	if (pe->pe_check != NULL && seq == pe->pe_seq)
		return (pe->pe_check);
	LIST_FOREACH(ck, &pe->pe_kept, ck_asking)
		if (ck->ck_proof == seq)
			break;
	return (ck);
}

void
peer_take(struct peer *pe, struct check *ck)
{
	if (ck == pe->pe_check)
		pe->pe_check = NULL;
	else
		LIST_REMOVE(ck, ck_asking);
}

static void
check_cancel(struct check *ck, uint64_t gen, uint64_t num)
{
	if (ck->ck_id.si_gen != gen || (num != 0 && ck->ck_id.si_num != num))
		return;
	ck->ck_cancelled = 1;
	explicit_bzero(ck->ck_pass, sizeof(ck->ck_pass));
}

void
peer_cancel(struct peer *pe, uint64_t gen, uint64_t num)
{
	struct check	*ck;

	if (pe->pe_check != NULL)
		check_cancel(pe->pe_check, gen, num);
	LIST_FOREACH(ck, &pe->pe_kept, ck_asking)
		check_cancel(ck, gen, num);
}
