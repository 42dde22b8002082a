/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The fair queue of passwords to check.  It knows neither processes nor a
 * clock: times are milliseconds of the monotonic clock, passed in.
 *
 * Each check has a rank and a delay, from what is remembered of its source and
 * user (see records.h): set when it arrives and again when its turn comes, so
 * that a hundred sent at once do not all get the rank of the first.  Better
 * ranks are first, but every TURNS_EACH turns the next lower one that waits
 * gets one.  Within a rank networks take turns, within them sources; among the
 * checks of a source chance decides.  Delayed ones of a source wait for each
 * other (records.h), and block no other.
 *
 * All this happens before the password is checked, so neither delay nor order
 * reveals anything about it.
 */

#ifndef QUEUE_H
#define QUEUE_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>
#include <stdint.h>

#include "crowd.h"
#include "limits.h"
#include "msg.h"
#include "records.h"
#include "source.h"

struct queue;

struct check {
	RB_ENTRY(check)	 ck_node;		/* by ck_id */
	RB_ENTRY(check)	 ck_later;		/* by ck_ready, if delayed */
	struct crowd_item ck_place;		/* among all of its rank */
	struct crowd_item ck_turn;		/* among those that are ready */
	struct session_id ck_id;
	struct claim	 ck_claim;
	enum rank	 ck_rank;
	uint64_t	 ck_number;		/* counts up */
	uint64_t	 ck_came;
	uint64_t	 ck_ready;		/* when its delay ends */
	uint64_t	 ck_taken;		/* 0: not yet */
	int		 ck_ran;		/* has no delay any more */
	int		 ck_cancelled;		/* send no answer */
	int		 ck_cached;		/* only asks the cache */
	int		 ck_denied;		/* not found there */
	enum auth_method ck_method;		/* of both texts: msg.h */
	enum auth_purpose ck_purpose;
	uint8_t		 ck_salt[BOND_SALT];	/* the checker's affair */
	LIST_ENTRY(check) ck_asking;		/* while tabpop is asked, a
						   table checks the password,
						   or a cache is asked */
	uint64_t	 ck_proof;		/* number of that */
	uint64_t	 ck_lookup;		/* tabpop's number; 0: none */
	uint64_t	 ck_asked;		/* when tabpop was asked */
	int		 ck_sent;		/* it has reached a checker */
	int		 ck_again;		/* which died once */
	int		 ck_looked;		/* tabpop knows the answer, */
	int		 ck_prove;		/* or a table must check it */
	size_t		*ck_proving;		/* counter it is in; or NULL */
	enum auth_result ck_result;		/* failed, but not told until
						   tabpop has answered */
	char		 ck_user[USER_MAX];	/* in lower case */
	char		 ck_pass[PASS_MAX];
	uint64_t	 ck_stamp;		/* APOP, CRAM: seal_number() */
};

/* Return an empty queue that remembers nothing; fatal without memory. */
struct queue	*queue_new(void);

/* Free a queue and all that waits in it. */
void		 queue_free(struct queue *);

/*
 * Add a check.  If CHECKS_WAITING are waiting, one of them is displaced, the
 * latest of the largest group: of the lowest rank, if that is lower than the
 * new one's; else of the same rank, if another group has more.  But neither
 * unknown nor suspect checks lose their last CHECKS_KEPT places to another
 * rank, and they take them from a better one if needed.  It is returned in
 * *displaced (else NULL) for the caller to answer and free.  Return 0, or -1
 * if none can be displaced or the id is in use.
 */
int		 queue_add(struct queue *, const struct msg_auth_check *,
		    uint64_t now, struct check **displaced);

/*
 * Remove and return the next check that may run now, or NULL.  The caller
 * reports the result, if known, and frees it with queue_check_free().  Of
 * those with ck_prove at most PROOFS_ASKED are not freed yet.
 */
struct check	*queue_next(struct queue *, uint64_t now);

/*
 * Remove and return a check with a password that is delayed, if it may ask the
 * cache meanwhile; else NULL.
 */
struct check	*queue_ask(struct queue *, const struct session_id *,
		    uint64_t now);

/* Put back a check that was removed: what it waited for has arrived. */
void		 queue_again(struct queue *, struct check *, uint64_t now);

/*
 * Return the milliseconds until queue_next() may have one, 0 if it has now, -1
 * if nothing waits.
 */
int64_t		 queue_wait(struct queue *, uint64_t now);

/*
 * Drop a waiting check; a failure if the cache has denied it.  Return whether
 * there was one with this id.
 */
int		 queue_cancel(struct queue *, const struct session_id *,
		    uint64_t now);

/* Drop all checks of a listener. */
void		 queue_forget(struct queue *, uint64_t gen);

/* Record the result of a check that was removed. */
void		 queue_succeeded(struct queue *, const struct check *,
		    uint64_t now);
void		 queue_failed(struct queue *, const struct check *,
		    uint64_t now);

/*
 * Return whether a successful check may log in, with a delay in milliseconds
 * between logins of a user: LOGINS_EACH are allowed in that time.  Its arrival
 * counts, so that time in the queue does not matter.
 */
int		 queue_login(struct queue *, const struct check *,
		    uint64_t delay);

/* Take back the last of those logins: it opened nothing. */
void		 queue_logout(struct queue *, const char *user);

/*
 * A right password opened nothing: count a failure of this source.  user, or
 * the name in the certificate, is in lower case; NULL if unknown.
 */
void		 queue_opened_nothing(struct queue *, const struct source *,
		    const char *user, uint64_t now);

/* Return the delay that an unknown user of this source would get now. */
uint64_t	 queue_delay(struct queue *, const struct source *,
		    uint64_t now);

/*
 * queue_most_failed() fills rows with the sources with most failures, most
 * first, and returns the number of rows; queue_clear() forgets the failures of
 * one.
 */
size_t		 queue_most_failed(struct queue *, struct msg_ask_source *,
		    size_t, uint64_t now);
void		 queue_clear(struct queue *, const struct source *);

/*
 * Return how many checks wait, and how many sources and pairs are remembered.
 */
size_t		 queue_waiting(const struct queue *);
size_t		 queue_sources(const struct queue *);
size_t		 queue_pairs(const struct queue *);

/* Wipe and free a check; NULL is ignored. */
void		 queue_check_free(struct check *);

#endif
