/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The connections that have no login yet, added up by where they come from:
 * IPv4 /32 and /24, IPv6 /64, /56 and /48.  It says which of them goes first
 * when there are too many, and whose turn is next.  Any operation costs
 * O(log n), whatever addresses come.
 */

#ifndef UNAUTH_H
#define UNAUTH_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

struct msg_ask_source;
struct source;
struct unauth_group;

/* How far it is: the first to go is of the lowest that has its share. */
enum unauth_rank {
	UNAUTH_SILENT,		/* handshakes, and what only has to be read */
	UNAUTH_IDLE,		/* may send commands */
	UNAUTH_WAITING,		/* for the answer to PASS */
	UNAUTH_RANKS
};

/* Part of a connection; all zero: it is not counted. */
struct unauth {
	TAILQ_ENTRY(unauth)	 ua_ranked;
	TAILQ_ENTRY(unauth)	 ua_turn;
	struct unauth_group	*ua_group;	/* NULL: not counted */
	void			*ua_owner;	/* the connection */
	uint64_t		 ua_since;	/* counts up, not time */
	uint8_t			 ua_rank;
	uint8_t			 ua_ready;
};

void		 unauth_init(void);

/*
 * Count one more of this source, trusted or not, as UNAUTH_SILENT.  -1: no
 * memory.
 */
int		 unauth_add(struct unauth *, const struct source *, int trusted,
		    void *);

/* It is something else now; nothing happens if it is not counted. */
void		 unauth_rank(struct unauth *, enum unauth_rank);

/* It has a login, or is gone.  Nothing happens if it is not counted. */
void		 unauth_remove(struct unauth *);

/* How many are counted; and how many of the source of this one. */
unsigned int	 unauth_count(void);
unsigned int	 unauth_source(const struct unauth *);

/*
 * The owner of the one that goes first where there is room for so many; NULL
 * if there are none.  Trusted ones and others have half of the room each, and
 * what the other does not use: so no number of strangers costs a trusted one
 * its place in that half, and no number of trusted ones locks strangers out
 * of theirs.  Within the half that has to give way it is of the
 * largest of the coarsest groups, in that of the largest group, and so on; of
 * groups of one size, and in a source, of the lowest rank that more than one
 * in UNAUTH_SHARE of them has, and in that for the longest time.
 */
void		*unauth_first(unsigned int room);

/* The owner of the one that goes first in the source of this one. */
void		*unauth_first_of(const struct unauth *);

/*
 * The sources with most connections, most first, into so many rows; returns
 * how many there are.
 */
size_t		 unauth_most(struct msg_ask_source *, size_t);

/*
 * It has something to do that is done by turns, once; and the owner of the
 * one whose turn it is, NULL if there is none.  Trusted ones and others take
 * turns, in each of the two the coarsest groups, then the groups in it, then
 * in the order in which they came.
 */
void		 unauth_ready(struct unauth *);
void		*unauth_next(void);

#endif
