/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The fair queue of passwords to be checked.  It knows neither processes nor
 * a clock: times are milliseconds of one that never goes back, passed in.
 *
 * Each check has a rank and a delay, from what is remembered of its source and
 * user (see records.h): set when it comes, and once more when its turn comes,
 * so that who sends a hundred at once does not get them all for the rank of
 * the first.  Better ranks are taken first, but every TURNS_EACH turns the next
 * lower one that waits has one.  In a rank the networks take turns, in them
 * the sources; a source's checks are first come, first served, but for the
 * lowest rank.  A check that is being delayed is in nobody's way.
 *
 * All of this happens before anybody knows whether the password is right, so
 * neither delay nor turn tells anything about it.
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
	RB_ENTRY(check)	ck_node;		/* by ck_id */
	RB_ENTRY(check)	ck_later;		/* by ck_ready, if delayed */
	struct crowd_item ck_place;		/* among all of its rank */
	struct crowd_item ck_turn;		/* among those that are ready */
	struct session_id ck_id;
	struct claim	ck_claim;
	enum rank	ck_rank;
	uint64_t	ck_number;		/* counts up */
	uint64_t	ck_came;
	uint64_t	ck_ready;		/* not to be taken before */
	uint64_t	ck_taken;		/* 0: it was not */
	int		ck_cancelled;		/* nobody wants the answer */
	enum auth_method ck_method;		/* of both texts: msg.h */
	enum auth_purpose ck_purpose;
	LIST_ENTRY(check) ck_asking;		/* while tabpop is asked, or a
						   table sees the password */
	uint64_t	ck_proof;		/* its number then */
	uint64_t	ck_lookup;		/* its number there; 0: none */
	int		ck_wiped;		/* its password is gone */
	int		ck_looked;		/* tabpop knows the answer, */
	int		ck_prove;		/* or who has to prove it */
	size_t		*ck_proving;		/* counts it; NULL: none does */
	enum auth_result ck_result;		/* it failed, but does not say
						   so before tabpop answered */
	char		ck_user[USER_MAX];	/* lower-cased */
	char		ck_pass[PASS_MAX];
	struct scram_said *ck_said;		/* AUTH_SCRAM, else NULL */
	uint64_t	ck_stamp;		/* APOP, CRAM: seal_number() */
};

/* An empty queue that remembers nothing; fatal if there is no memory. */
struct queue	*queue_new(void);

/* Free a queue with all that waits in it. */
void		 queue_free(struct queue *);

/*
 * Put in a check.  If CHECKS_WAITING wait already one of them gives way, the
 * latest of whoever has most: of the lowest rank, if that is lower than the
 * rank of the new one; else of its own rank, if that is somebody who has more.
 * But neither unknown nor suspect ones lose their last CHECKS_KEPT places to
 * another rank, and they take them from a better one if they have to.  It is
 * then in *displaced, to be answered and freed by the caller; else that is
 * NULL.  Returns 0, or -1 if nobody has to give way, or if there is a check of
 * this name already.
 */
int		 queue_add(struct queue *, const struct msg_auth_check *,
		    uint64_t now, struct check **displaced);

/* The same for SCRAM, with what the client said; it is copied. */
int		 queue_add_scram(struct queue *, const struct msg_auth_scram *,
		    uint64_t now, struct check **displaced);

/*
 * Take out the next check that may run now, or NULL.  The caller says how it
 * ended, if anybody knows, and frees it with queue_check_free().  Of those with
 * ck_prove there are at most PROOFS_ASKED that are not freed yet.
 */
struct check	*queue_next(struct queue *, uint64_t now);

/* Put back one that was taken out: what it needed first is there now. */
void		 queue_again(struct queue *, struct check *, uint64_t now);

/*
 * Milliseconds until queue_next() may have one, 0 if it has, -1 if nothing
 * waits.
 */
int64_t		 queue_wait(struct queue *, uint64_t now);

/* Forget a waiting check.  Returns whether there was one of this name. */
int		 queue_cancel(struct queue *, const struct session_id *);

/* Forget all checks of a listener. */
void		 queue_forget(struct queue *, uint64_t gen);

/*
 * A check of a certificate is for this user, lower-cased: what it succeeds in
 * counts for him, not for whoever has a name like that in the certificate.
 */
void		 queue_person(struct queue *, struct check *,
		    const char *user);

/* The password of a check that was taken out was right, or was wrong. */
void		 queue_succeeded(struct queue *, const struct check *,
		    uint64_t now);
void		 queue_failed(struct queue *, const struct check *,
		    uint64_t now);

/*
 * Whether a check that succeeded may be a login, if there is to be a delay in
 * milliseconds between those of a user: LOGINS_EACH in that time may.  What
 * counts is when it came, so that time in the queue shortens nothing.
 */
int		 queue_login(struct queue *, const struct check *,
		    uint64_t delay);

/* The last of those logins opened nothing, and was none. */
void		 queue_logout(struct queue *, const char *user);

/*
 * A right password opened nothing: a failed login of this source.  The user,
 * or the name in the certificate, lower-cased, is NULL if he is not known.
 */
void		 queue_useless(struct queue *, const struct source *,
		    const char *user, uint64_t now);

/* The delay that an unknown user of this source would get now. */
uint64_t	 queue_delay(struct queue *, const struct source *,
		    uint64_t now);

/*
 * The sources with most failures, most first, into so many rows; returns how
 * many there are.  And one that is to be as if it had none.
 */
size_t		 queue_worst(struct queue *, struct msg_ask_source *, size_t,
		    uint64_t now);
void		 queue_pardon(struct queue *, const struct source *);

/* How many checks wait; how many sources and pairs are remembered. */
size_t		 queue_waiting(const struct queue *);
size_t		 queue_sources(const struct queue *);
size_t		 queue_pairs(const struct queue *);

/* Wipe and free a check; NULL is fine. */
void		 queue_check_free(struct check *);

#endif
