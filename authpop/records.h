/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What authpop remembers of logins and failures, and what follows: the rank
 * and delay of a check.  Both are set before anything is hashed and so reveal
 * nothing about the password.
 *
 * A pair of source and user that logged in recently is judged by its own
 * failures only, and those that are free are not counted for the source.  Any
 * other check is judged by its source and, if that had no recent login, by its
 * networks, too.
 *
 * However many checks of a source wait, FAILURE_AT_ONCE of its delays run at
 * the same time, or KNOWN_AT_ONCE if a user has logged in from there.
 *
 * A source that the administrator trusts (nets.h) stands for many clients,
 * which must not suffer from each other: its failures are counted per user,
 * and it counts as a source with recent logins.
 */

#ifndef RECORDS_H
#define RECORDS_H

#include <sys/types.h>
#include <stdint.h>

#include "msg.h"
#include "source.h"

/* Best first. */
enum rank {
	RANK_GOOD,		/* recent login, no failures */
	RANK_UNKNOWN,		/* nothing against it */
	RANK_SUSPECT,		/* a failure; its network; good, but delayed */
	RANK_DELAYED,		/* more failures than are free, no login */
	RANKS
};

/* A login attempt: hashes of what was sent (see keyhash.h). */
struct claim {
	struct source	 cl_source;
	struct source	 cl_origin;	/* where failures are counted */
	int		 cl_trusted;
	uint64_t	 cl_user;
	uint64_t	 cl_pair;	/* the user at that source */
	uint64_t	 cl_guess;	/* with that password; 0: unknown */
};

struct records;

/* Return empty records with a new key; fatal without memory. */
struct records	*records_new(void);
void		 records_free(struct records *);

/* Fill in a claim; user is in lower case, pass may be NULL. */
void		 records_claim(const struct records *rc, struct claim *cl,
		    const struct source *source, const char *user,
		    const char *pass);

/*
 * Return the rank of a claim that came at a time, and when it may be checked:
 * after its delay, and not before its turn if others of its source are delayed.
 */
enum rank	 records_judge(struct records *rc, const struct claim *cl,
		    uint64_t came, uint64_t now, uint64_t *ready);

/* Return the delay of a source: its own, or a longer one of its networks. */
uint64_t	 records_delay(struct records *, const struct claim *,
		    uint64_t now);

/* It is checked now: the next of its source has to wait for its turn. */
void		 records_run(struct records *, const struct claim *,
		    uint64_t now);

/*
 * Return whether it may ask the cache before it waits; if so it takes a turn.
 */
int		 records_ask(struct records *, const struct claim *,
		    uint64_t now);

/*
 * Count a failed login.  The same wrong password of the same user is not
 * counted again, but keeps its source from a good rank.
 */
void		 records_failed(struct records *, const struct claim *,
		    uint64_t now);

/*
 * Record a successful login.  Return whether this improved the source's rank.
 */
int		 records_succeeded(struct records *, const struct claim *,
		    uint64_t now);

/*
 * Return 0 if a successful login comes too soon after others of its user, with
 * this delay.  See pairs_login().
 */
int		 records_login(struct records *, const struct claim *,
		    uint64_t delay, uint64_t came);

/* Take back the last of those logins. */
void		 records_logout(struct records *, const char *user);

/* A right password opened nothing: count a failure, and forget the pair. */
void		 records_opened_nothing(struct records *, const struct claim *,
		    uint64_t now);

/* As origin_most_failed(), with the delay of an unknown user from there. */
size_t		 records_most_failed(struct records *, struct msg_ask_source *,
		    size_t, uint64_t now);

/* Forget the failures of this source. */
void		 records_clear(struct records *, const struct source *);

/*
 * Return how many sources and networks with failures, or pairs, are
 * remembered.
 */
size_t		 records_sources(const struct records *);
size_t		 records_pairs(const struct records *);

#endif
