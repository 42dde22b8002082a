/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Failed logins by source and network.  FAILURE_SOURCES are remembered; if
 * there are more, the one that would be forgiven first is dropped: a flood of
 * sources with one failure each displaces itself, not those that fail
 * repeatedly.  Times are milliseconds.
 */

#ifndef ORIGIN_H
#define ORIGIN_H

#include <sys/types.h>
#include <stdint.h>

#include "source.h"

struct origins;
struct penalty;

/* origin_new() returns an empty set; fatal without memory. */
struct origins	*origin_new(void);
void		 origin_free(struct origins *);

/*
 * Count a failure of a source, and of its networks unless the source's own
 * delay is at its maximum: a single attacker does not get their neighbours
 * delayed.  pair and guess are hashes of the user there, and of the password,
 * too (see keyhash.h); 0 as guess is neither found nor remembered.  Return 0,
 * and count nothing, if the same guess failed there in the last hour.
 */
int		 origin_failed(struct origins *os, const struct source *source,
		    uint64_t pair, uint64_t guess, uint64_t now);

/*
 * A user logged in: forgive up to FAILURES_FREE of their own remembered
 * failures there, and no others: an attacker with a valid password is not
 * forgiven guesses at other users.
 */
void		 origin_forgive(struct origins *, const struct source *,
		    uint64_t pair, uint64_t now);

/* Return whether a source failed, counted or not, in FAILURE_RECENT_MS. */
int		 origin_recent(struct origins *, const struct source *,
		    uint64_t now);

/*
 * Return whether the source (level 0) or its network has more failures than
 * are free.
 */
int		 origin_exceeded(struct origins *, const struct source *,
		    unsigned int level, uint64_t now);

/* Return the delay for its failures at that level, in milliseconds. */
uint64_t	 origin_delay(struct origins *, const struct source *,
		    unsigned int level, uint64_t now);

/* Return the failures of a source, or NULL; valid until the next call. */
struct penalty	*origin_penalty(struct origins *, const struct source *);

/* A source with failures, as shown by popctl(8). */
struct origin_row {
	struct source	 ow_source;
	unsigned int	 ow_failures;
};

/*
 * Fill rows with the sources with most failures, most first.  Return the
 * number of rows.
 */
size_t		 origin_most_failed(struct origins *, struct origin_row *,
		    size_t, uint64_t now);

/* Forget the failures of a source, and of its networks. */
void		 origin_clear(struct origins *, const struct source *);

/* Return how many sources and networks are remembered. */
size_t		 origin_count(const struct origins *);

#endif
