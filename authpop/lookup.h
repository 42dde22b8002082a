/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks of users whom tabpop has to be asked about before a checker can tell.
 */

#ifndef LOOKUP_H
#define LOOKUP_H

#include <stdint.h>

#include "msg.h"

struct check;

/*
 * A check was asked about, and is the receiver's again: LOOK_TEMP, NONE, PROVE
 * if a table has to see the password, or FOUND if tabpop has something else to
 * say to a checker.
 */
typedef void lookup_done(struct check *, enum look_result);

/* Once, before the loop. */
void	 lookup_start(lookup_done *);

/* A socket to tabpop; whatever the one before was asked is LOOK_TEMP. */
void	 lookup_peer(int fd);

/* Whether there is a tabpop. */
int	 lookup_ready(void);

/*
 * Ask about a check, which is taken over: LOOKUPS_MAX at once, the rest in
 * order of rank and, in a rank, of source.  When too many wait the latest of
 * whoever has most is done with at once, LOOK_TEMP; it may be this one.
 */
void	 lookup_add(struct check *);

/*
 * What tabpop knows is for this check of the checker of this generation.  0,
 * or -1: there is no tabpop now.
 */
int	 lookup_give(const struct check *, uint64_t checker, uint64_t seq);

/* Nobody wants the answer of a check any more, or of all of a listener. */
void	 lookup_cancel(const struct session_id *);
void	 lookup_forget(uint64_t gen);

#endif
