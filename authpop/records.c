/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Ranks and delays.  In: failed and successful logins.  Out: the rank and
 * delay of a check.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keyhash.h"
#include "limits.h"
#include "log.h"
#include "nets.h"
#include "origin.h"
#include "pairs.h"
#include "penalty.h"
#include "records.h"
#include "source.h"

/* so_version of a user of a trusted source, which has no address. */
#define VERSION_USER	255

struct records {
	uint8_t		 rc_key[KEYHASH_KEY];
	struct origins	*rc_origins;
	struct pairs	*rc_pairs;
};

struct records *
records_new(void)
{
	struct records	*rc;

	if ((rc = calloc(1, sizeof(*rc))) == NULL)
		fatal("calloc");
	arc4random_buf(rc->rc_key, sizeof(rc->rc_key));
	rc->rc_origins = origin_new();
	rc->rc_pairs = pairs_new();
	return (rc);
}

void
records_free(struct records *rc)
{
	origin_free(rc->rc_origins);
	pairs_free(rc->rc_pairs);
	freezero(rc, sizeof(*rc));
}

/* Make the user of a claim a source of its own, by the hash of the pair. */
static void
records_user(struct claim *cl)
{
	memset(&cl->cl_origin, 0, sizeof(cl->cl_origin));
	cl->cl_origin.so_version = VERSION_USER;
	memcpy(cl->cl_origin.so_addr, &cl->cl_pair, sizeof(cl->cl_pair));
}

void
records_claim(const struct records *rc, struct claim *cl,
    const struct source *source, const char *user, const char *pass)
{
	struct source_key	 sk;

	source_key(source, &sk);
	memset(cl, 0, sizeof(*cl));
	cl->cl_source = *source;
	cl->cl_user = keyhash(rc->rc_key, NULL, user, NULL);
	cl->cl_pair = keyhash(rc->rc_key, &sk, user, NULL);
	if (pass != NULL)
		cl->cl_guess = keyhash(rc->rc_key, &sk, user, pass);
	cl->cl_origin = *source;
	if ((cl->cl_trusted = nets_trust(source)))
		records_user(cl);
}

/* Return whether it is trusted, or had a login recently. */
static int
records_home(struct records *rc, const struct claim *cl, uint64_t now)
{
	struct source_key	 sk;

	source_key(&cl->cl_source, &sk);
	return (cl->cl_trusted || pairs_home(rc->rc_pairs, &sk, now));
}

static int
records_accused(struct records *rc, const struct claim *cl, uint64_t now)
{
	unsigned int	 level;

	for (level = 1; level < SOURCE_LEVELS; level++)
		if (origin_exceeded(rc->rc_origins, &cl->cl_origin, level, now))
			return (1);
	return (0);
}

/* Return the rank of a claim whose user is not known there. */
static enum rank
records_rank(struct records *rc, const struct claim *cl, uint64_t now)
{
	int	 exceeded = origin_exceeded(rc->rc_origins, &cl->cl_origin, 0,
		    now);
	int	 recent = origin_recent(rc->rc_origins, &cl->cl_origin, now);

	if (records_home(rc, cl, now)) {
		if (exceeded)
			return (RANK_SUSPECT);
		return (recent ? RANK_UNKNOWN : RANK_GOOD);
	}
	if (exceeded)
		return (RANK_DELAYED);
	if (recent || records_accused(rc, cl, now))
		return (RANK_SUSPECT);
	return (RANK_UNKNOWN);
}

uint64_t
records_delay(struct records *rc, const struct claim *cl, uint64_t now)
{
	uint64_t	 delay, most = 0;
	unsigned int	 level, levels = SOURCE_LEVELS;

	if (records_home(rc, cl, now))
		levels = 1;
	for (level = 0; level < levels; level++) {
		delay = origin_delay(rc->rc_origins, &cl->cl_origin, level,
		    now);
		if (delay > most)
			most = delay;
	}
	return (most);
}

/* Return the failures that delay a claim, its pair's or source's, or NULL. */
static struct penalty *
records_penalty(struct records *rc, const struct claim *cl, uint64_t now)
{
	struct pair	*pr;

	if ((pr = pairs_find(rc->rc_pairs, cl->cl_pair, now)) != NULL)
		return (pairs_penalty(pr));
	return (origin_penalty(rc->rc_origins, &cl->cl_origin));
}

enum rank
records_judge(struct records *rc, const struct claim *cl, uint64_t came,
    uint64_t now, uint64_t *ready)
{
	const struct penalty	*pn = records_penalty(rc, cl, now);
	uint64_t		 delay;

	*ready = pn == NULL ? came : penalty_ready(pn, 0, came, now);
	if (pairs_find(rc->rc_pairs, cl->cl_pair, now) != NULL)
		return (*ready == came ? RANK_GOOD : RANK_SUSPECT);
	if ((delay = records_delay(rc, cl, now)) > *ready - came)
		*ready = came + delay;
	return (records_rank(rc, cl, now));
}

void
records_run(struct records *rc, const struct claim *cl, uint64_t now)
{
	struct penalty	*pn = records_penalty(rc, cl, now);
	int		 known;

	if (pn == NULL)
		return;
	known = pairs_find(rc->rc_pairs, cl->cl_pair, now) != NULL ||
	    (!cl->cl_trusted && records_home(rc, cl, now));
	penalty_run(pn, 0, known ? KNOWN_AT_ONCE : FAILURE_AT_ONCE, now);
}

int
records_ask(struct records *rc, const struct claim *cl, uint64_t now)
{
	struct pair	*pr = pairs_find(rc->rc_pairs, cl->cl_pair, now);

	if (pr == NULL || !pairs_ask(pr, now))
		return (0);
	records_run(rc, cl, now);
	return (1);
}

void
records_failed(struct records *rc, const struct claim *cl, uint64_t now)
{
	struct pair	*pr;

	if ((pr = pairs_find(rc->rc_pairs, cl->cl_pair, now)) != NULL) {
		if (!pairs_guess(pr, cl->cl_guess, now))
			return;
		penalty_add(pairs_penalty(pr), 0, now);
		if (!penalty_exceeded(pairs_penalty(pr), 0, now))
			return;
	}
	origin_failed(rc->rc_origins, &cl->cl_origin, cl->cl_pair,
	    cl->cl_guess, now);
}

int
records_succeeded(struct records *rc, const struct claim *cl, uint64_t now)
{
	struct source_key	 sk;
	struct pair		*pr;
	enum rank		 before;

	before = records_rank(rc, cl, now);
	source_key(&cl->cl_source, &sk);
	pairs_add(rc->rc_pairs, cl->cl_pair, cl->cl_user, &sk, now);
	if ((pr = pairs_find(rc->rc_pairs, cl->cl_pair, now)) != NULL)
		penalty_forgive(pairs_penalty(pr), 0, FAILURES_FREE, now);
	origin_forgive(rc->rc_origins, &cl->cl_origin, cl->cl_pair, now);
	return (records_rank(rc, cl, now) < before);
}

int
records_login(struct records *rc, const struct claim *cl, uint64_t delay,
    uint64_t came)
{
	return (pairs_login(rc->rc_pairs, cl->cl_user, delay, came));
}

void
records_logout(struct records *rc, const char *user)
{
	pairs_logout(rc->rc_pairs, keyhash(rc->rc_key, NULL, user, NULL));
}

void
records_opened_nothing(struct records *rc, const struct claim *cl, uint64_t now)
{
	pairs_drop(rc->rc_pairs, cl->cl_pair);
	origin_failed(rc->rc_origins, &cl->cl_origin, cl->cl_pair, 0, now);
}

size_t
records_most_failed(struct records *rc, struct msg_ask_source *rows, size_t max,
    uint64_t now)
{
	struct origin_row	*worst;
	struct claim		 cl;
	size_t			 i, n;

	if ((worst = calloc(max, sizeof(*worst))) == NULL)
		return (0);
	n = origin_most_failed(rc->rc_origins, worst, max, now);
	for (i = 0; i < n; i++) {
		memset(&rows[i], 0, sizeof(rows[i]));
		rows[i].aw_source = worst[i].ow_source;
		rows[i].aw_failures = worst[i].ow_failures;
		records_claim(rc, &cl, &worst[i].ow_source, NULL, NULL);
		rows[i].aw_delay = records_delay(rc, &cl, now);
	}
	free(worst);
	return (n);
}

void
records_clear(struct records *rc, const struct source *source)
{
	origin_clear(rc->rc_origins, source);
}

size_t
records_sources(const struct records *rc)
{
	return (origin_count(rc->rc_origins));
}

size_t
records_pairs(const struct records *rc)
{
	return (pairs_count(rc->rc_pairs));
}
