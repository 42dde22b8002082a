/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Failed logins of sources and of their networks.  FAILURE_SOURCES are
 * remembered, and when there are more the one that is forgiven soonest goes
 * first: a flood of sources with a failure each removes itself, not those
 * that fail again and again.  Times are milliseconds.
 */

#ifndef ORIGIN_H
#define ORIGIN_H

#include <sys/types.h>
#include <stdint.h>

#include "source.h"

struct origins;

/* Nothing is known of anybody; fatal if there is no memory. */
struct origins	*origin_new(void);
void		 origin_free(struct origins *);

/*
 * Count a failure of a source, and of its networks as long as the source's
 * own delay is not at its longest: one that hammers alone does not accuse
 * its neighbours.  The hashes are those of the user there and of his
 * password, see keyhash.h; with the latter 0 it is neither looked for nor
 * remembered.  If this very guess failed there in the last hour it is no new
 * one and not counted: returns 0.
 */
int		 origin_failed(struct origins *, const struct source *,
		    uint64_t pair, uint64_t guess, uint64_t now);

/*
 * A user logged in: his own failures there, up to FAILURES_FREE of those that
 * are remembered, are forgiven.  Nobody else's are, so whoever has a password
 * is not cleared by it of his guesses at others.
 */
void		 origin_forgive(struct origins *, const struct source *,
		    uint64_t pair, uint64_t now);

/* Whether a source failed, counted or not, in the last FAILURE_RECENT_MS. */
int		 origin_recent(struct origins *, const struct source *,
		    uint64_t now);

/* Whether the source (level 0) or its network has more failures than free. */
int		 origin_guilty(struct origins *, const struct source *,
		    unsigned int level, uint64_t now);

/* What its failures cost at that level, in milliseconds. */
uint64_t	 origin_delay(struct origins *, const struct source *,
		    unsigned int level, uint64_t now);

/* A source with failures, as an admin sees it. */
struct origin_row {
	struct source	ow_source;
	unsigned int	ow_failures;
};

/*
 * The sources with most failures, most first, into so many rows; returns how
 * many there are.
 */
size_t		 origin_worst(struct origins *, struct origin_row *, size_t,
		    uint64_t now);

/* Forget what a source failed, and what its networks did. */
void		 origin_pardon(struct origins *, const struct source *);

/* How many sources and networks are remembered. */
size_t		 origin_count(const struct origins *);

#endif
