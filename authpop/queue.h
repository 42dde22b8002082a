/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The fair queue of passwords to be checked.  It knows neither processes nor
 * a clock: times are milliseconds of one that never goes back, passed in.
 *
 * A source (see source_key()) has a line of its own, first come, first
 * served, and the sources take turns; so one that hammers waits for itself.
 * The recent failures of a source delay its checks, and only its: each check
 * gets, when it comes, a time before which it is not taken.  That is before
 * anybody knows whether the password is right, so the delay tells nothing.
 */

#ifndef QUEUE_H
#define QUEUE_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stdint.h>

#include "limits.h"
#include "msg.h"
#include "source.h"

struct queue;

struct check {
	TAILQ_ENTRY(check) ck_entry;
	struct session_id ck_id;
	struct source	ck_source;
	uint64_t	ck_ready;		/* not to be taken before */
	int		ck_cancelled;		/* nobody wants the answer */
	char		ck_user[USER_MAX];	/* lower-cased */
	char		ck_pass[PASS_MAX];
};

/* An empty queue; fatal if there is no memory. */
struct queue	*queue_new(void);

/* Free a queue with all that waits in it. */
void		 queue_free(struct queue *);

/*
 * Put in a check.  Returns 0, or -1 if there is no room: the source has
 * CHECKS_PER_SOURCE waiting (CHECKS_PER_GUESSER if it is being delayed), or
 * all have CHECKS_WAITING and this source its fair part of them.  Otherwise,
 * if all have that many, the newest check of the source with most is taken
 * out for it into *displaced, which the caller answers and frees; else that
 * is NULL.
 */
int		 queue_add(struct queue *, const struct msg_auth_check *,
		    uint64_t, struct check **);

/*
 * Take out the next check that may run now, or NULL.  The caller frees it
 * with check_free().
 */
struct check	*queue_next(struct queue *, uint64_t);

/*
 * Milliseconds until queue_next() will have one, 0 if it has, -1 if nothing
 * waits.
 */
int64_t		 queue_wait(const struct queue *, uint64_t);

/* Forget a waiting check.  Returns whether there was one of this name. */
int		 queue_cancel(struct queue *, const struct session_id *);

/* Forget all checks of a listener. */
void		 queue_forget(struct queue *, uint64_t);

/* Count a failed login of this source. */
void		 queue_failed(struct queue *, const struct source *, uint64_t);

/* The delay that a check of this source would get now, in milliseconds. */
uint64_t	 queue_delay(struct queue *, const struct source *, uint64_t);

/* How many checks wait, and how many sources are remembered. */
size_t		 queue_waiting(const struct queue *);
size_t		 queue_sources(const struct queue *);

/* Wipe and free a check; NULL is fine. */
void		 check_free(struct check *);

#endif
