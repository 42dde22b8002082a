/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Connections without a login, counted by source: IPv4 /32 and /24, IPv6 /64,
 * /56 and /48.  This decides which is displaced first if there are too many,
 * and whose turn is next.  Every operation is O(log n), whatever the
 * addresses.
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

/* Progress: the first displaced is of the lowest rank with its share. */
enum unauth_rank {
	UNAUTH_SILENT,		/* handshake, or only to be read */
	UNAUTH_IDLE,		/* may send commands */
	UNAUTH_WAITING,		/* for the answer to PASS */
	UNAUTH_RANKS
};

/* Part of a connection.  Initialize with zeros: not counted. */
struct unauth {
	TAILQ_ENTRY(unauth)	 ua_ranked;
	TAILQ_ENTRY(unauth)	 ua_turn;
	struct unauth_group	*ua_group;	/* NULL: not counted */
	void			*ua_owner;	/* the connection */
	uint64_t		 ua_since;	/* a counter, not a time */
	uint8_t			 ua_rank;
	uint8_t			 ua_ready;
};

void		 unauth_init(void);

/*
 * Count a connection of this source, trusted or not, as UNAUTH_SILENT.  Return
 * -1: no memory.
 */
int		 unauth_add(struct unauth *ua, const struct source *source,
		    int trusted, void *owner);

/* Change its rank; ignored if it is not counted. */
void		 unauth_rank(struct unauth *, enum unauth_rank);

/* It has a login or is gone; ignored if it is not counted. */
void		 unauth_remove(struct unauth *);

/* Return how many are counted, in all or of this one's source. */
unsigned int	 unauth_count(void);
unsigned int	 unauth_source(const struct unauth *);

/*
 * Return the owner of the first to be displaced with this much room, or NULL
 * if there are none.  Trusted and untrusted ones have half of the room each,
 * and what the other does not use: neither can take the other's half, however
 * many there are.  Within the half it is of the largest of the coarsest
 * groups, in that of the largest group, and so on; among groups of equal size,
 * and within a source, of the lowest rank that more than one in UNAUTH_SHARE
 * of them has, and there the oldest.
 */
void		*unauth_first(unsigned int room);

/* Return the owner of the first to be displaced of the same source. */
void		*unauth_first_of(const struct unauth *);

/*
 * Fill rows with the sources with most connections, most first.  Return the
 * number of rows.
 */
size_t		 unauth_most(struct msg_ask_source *, size_t);

/*
 * unauth_ready() queues one for its turn; unauth_next() returns the owner of
 * the one whose turn it is, or NULL.  Trusted and untrusted ones alternate;
 * within each the coarsest groups take turns, then the groups in them, then
 * connections in order of arrival.
 */
void		 unauth_ready(struct unauth *);
void		*unauth_next(void);

#endif
