/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The transaction of a connection: sender and recipients of the current
 * message, its octets on their way to the letters, and the results.
 */

#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "letter.h"
#include "limits.h"

struct rcpt {
	TAILQ_ENTRY(rcpt)	 rc_entry;
	struct letter		 rc_letter;
	char			 rc_address[USER_MAX];
};

/* No transaction if all zero, except for the list. */
struct envelope {
	int			 ev_begun;	/* after MAIL */
	int			 ev_utf8;	/* with SMTPUTF8 */
	char			 ev_sender[USER_MAX];	/* or "" */
	TAILQ_HEAD(, rcpt)	 ev_recipients;	/* accepted */
	unsigned int		 ev_count;	/* of them */
	enum decode_state	 ev_text;
	uint64_t		 ev_octets;	/* as received */
	int			 ev_started;	/* letters have begun */
	int			 ev_big;	/* too big: discarded */
	unsigned int		 ev_taken;	/* delivered recipients */
	char			 ev_head[16];	/* first octets, held back */
	size_t			 ev_held;
};

/* Initialize: no transaction. */
void		 envelope_init(struct envelope *);

/* Abandon the transaction in any state. */
void		 envelope_reset(struct envelope *);

/* Return a recipient, not yet accepted, or NULL if out of memory. */
struct rcpt *envelope_recipient(const char *);

/* Accept a recipient, or free it. */
void		 envelope_accept(struct envelope *, struct rcpt *);
void		 envelope_refuse(struct rcpt *);

/* Begin the letters, unless begun. */
void		 envelope_start(struct envelope *);

/* Add decoded octets; came is their number as received. */
void		 envelope_add(struct envelope *, const char *, size_t,
		    uint64_t came);

/* End the message. */
void		 envelope_end(struct envelope *);

/* Return whether input must wait. */
int		 envelope_full(const struct envelope *);

/*
 * Get the result of the first recipient and remove it.  Return 0 if there is
 * no result yet.
 */
int		 envelope_pop(struct envelope *, enum letter_result *);

#endif
