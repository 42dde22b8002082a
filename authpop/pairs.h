/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Pairs of source and user that logged in lately.  What fails around them
 * does not concern them.  A user has KNOWN_PER_USER of them and all together
 * KNOWN_MAX; the oldest is forgotten first, any of them after KNOWN_SECONDS.
 * So whoever has one password cannot flush the pairs of others.
 */

#ifndef PAIRS_H
#define PAIRS_H

#include <sys/types.h>
#include <stdint.h>

#include "penalty.h"

struct pair;
struct pairs;
struct source_key;

/* None yet; fatal if there is no memory. */
struct pairs	*pairs_new(void);
void		 pairs_free(struct pairs *);

/*
 * Remember that a user logged in, by the hashes of user and source and of the
 * user alone; the source is one of which this is known from then on.
 */
void		 pairs_add(struct pairs *, uint64_t id, uint64_t user,
		    const struct source_key *, uint64_t now);

/* The pair, if it is known.  Valid until the next call that has a time. */
struct pair	*pairs_find(struct pairs *, uint64_t id, uint64_t now);

/* Its own failures, to be counted at level 0. */
struct penalty	*pairs_penalty(struct pair *);

/*
 * A user, by the hash, logs in, and there is a delay in milliseconds between
 * logins: 1, and it is remembered; or 0 if that is one more than LOGINS_EACH in
 * that time.  What is remembered goes with the last pair of the user.
 */
int		 pairs_login(struct pairs *, uint64_t user, uint64_t delay,
		    uint64_t came);

/* The last of those logins was none; a user who is not known has none. */
void		 pairs_logout(struct pairs *, uint64_t user);

/* Forget a pair; one that is not known is none. */
void		 pairs_drop(struct pairs *, uint64_t id);

/* Whether any user logged in from this source. */
int		 pairs_home(struct pairs *, const struct source_key *,
		    uint64_t now);

size_t		 pairs_count(const struct pairs *);

#endif
