/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What authpop remembers of those who logged in and of those who failed, and
 * what it makes of it: the rank of a check and its delay.  Both are set before
 * anything is hashed and so tell nothing about the password.
 *
 * A pair of source and user that logged in lately is judged by its own
 * failures alone.  Any other check is judged by its source; and if nobody
 * logged in from there lately, by the networks of the source, too.
 *
 * Behind a source that the admin trusts (nets.h) are many, and what one does
 * is not the others' fault: its failures are counted for each user there
 * alone, and it is taken as one from which somebody logged in.
 */

#ifndef RECORDS_H
#define RECORDS_H

#include <sys/types.h>
#include <stdint.h>

#include "msg.h"
#include "source.h"

/* The best first. */
enum rank {
	RANK_GOOD,		/* logged in lately, no failures */
	RANK_UNKNOWN,		/* nothing against it */
	RANK_SUSPECT,		/* a failure; its network; good, but delayed */
	RANK_DELAYED,		/* more failures than are free, no login */
	RANKS
};

/* Who wants to log in: hashes of what was said (see keyhash.h). */
struct claim {
	struct source	cl_source;
	struct source	cl_origin;	/* what failures are counted for */
	int		cl_trusted;
	uint64_t	cl_user;
	uint64_t	cl_pair;	/* the user at that source */
	uint64_t	cl_guess;	/* and with that password; 0: unknown */
};

struct records;

/* Nothing is known; a key for the hashes is made.  Fatal without memory. */
struct records	*records_new(void);
void		 records_free(struct records *);

/* Fill in a claim; the password may be NULL, the user in lower case. */
void		 records_claim(const struct records *, struct claim *,
		    const struct source *, const char *user, const char *pass);

/* It is for another user than it named: see queue_person(). */
void		 records_person(const struct records *, struct claim *,
		    const char *user);

/* The rank of a claim, and its delay in milliseconds. */
enum rank	 records_judge(struct records *, const struct claim *,
		    uint64_t now, uint64_t *delay);

/*
 * Count a failed login.  The same wrong password for the same user again is
 * not counted; but it keeps its source from being of good rank.
 */
void		 records_failed(struct records *, const struct claim *,
		    uint64_t now);

/*
 * A login succeeded.  Returns whether its source is of a better rank now than
 * it was before.
 */
int		 records_succeeded(struct records *, const struct claim *,
		    uint64_t now);

/*
 * A login that has succeeded: 0 if it comes too soon after others of its user,
 * between which there is to be this delay.  See pairs_login().
 */
int		 records_login(struct records *, const struct claim *,
		    uint64_t delay, uint64_t came);

/* The last of those was none. */
void		 records_logout(struct records *, const char *user);

/* A right password opened nothing: a failure, and the pair is not known. */
void		 records_useless(struct records *, const struct claim *,
		    uint64_t now);

/* As origin_worst(), and the delay of an unknown user from there. */
size_t		 records_worst(struct records *, struct msg_ask_source *,
		    size_t, uint64_t now);

/* Nothing is known against this source. */
void		 records_pardon(struct records *, const struct source *);

/* How many sources and networks with failures are remembered; and pairs. */
size_t		 records_sources(const struct records *);
size_t		 records_pairs(const struct records *);

#endif
