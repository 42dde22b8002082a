/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Pairs of source and user that logged in recently.  They are not affected by
 * failures of others.  A user has up to KNOWN_PER_USER of them, all users
 * together KNOWN_MAX; the oldest is dropped first, and any after
 * KNOWN_SECONDS.  So an attacker with one password cannot flush the pairs of
 * others.
 */

#ifndef PAIRS_H
#define PAIRS_H

#include <sys/types.h>
#include <stdint.h>

#include "penalty.h"

struct pair;
struct pairs;
struct source_key;

/* pairs_new() returns an empty set; fatal without memory. */
struct pairs	*pairs_new(void);
void		 pairs_free(struct pairs *);

/* Remember a login; id is the hash of user and source, user of the user. */
void		 pairs_add(struct pairs *pa, uint64_t id, uint64_t user,
		    const struct source_key *sk, uint64_t now);

/* Return the pair, or NULL.  Valid until the next call with a time. */
struct pair	*pairs_find(struct pairs *, uint64_t id, uint64_t now);

/* Return its own failures, counted at level 0. */
struct penalty	*pairs_penalty(struct pair *);

/*
 * Return whether a check of this pair may ask the cache: CACHE_ASK_BURST of a
 * source, and then one in CACHE_ASK_MS.
 */
int		 pairs_ask(struct pair *, uint64_t now);

/* It failed with this guess (keyhash.h): return whether that is a new one. */
int		 pairs_guess(struct pair *, uint64_t guess, uint64_t now);

/*
 * A user (by hash) logs in, with a delay in milliseconds between logins.
 * Return 1, and remember it; or 0 if it exceeds LOGINS_EACH in that time.
 * Logins are forgotten with the last pair of the user.
 */
int		 pairs_login(struct pairs *, uint64_t user, uint64_t delay,
		    uint64_t came);

/* Take back the last of those logins, if any. */
void		 pairs_logout(struct pairs *, uint64_t user);

/* Forget a pair, if it is known. */
void		 pairs_drop(struct pairs *, uint64_t id);

/* Return whether any user logged in from this source. */
int		 pairs_home(struct pairs *, const struct source_key *,
		    uint64_t now);

size_t		 pairs_count(const struct pairs *);

#endif
