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
#include "transit.h"

struct rcpt {
	TAILQ_ENTRY(rcpt)	 rc_entry;
	struct letter		 rc_letter;
	uint64_t		 rc_off;	/* octets given to it */
	char			 rc_address[USER_MAX];
};

/* No transaction if all zero, except for the list and the body. */
struct envelope {
	struct transit		*ev_body;
	int			 ev_begun;	/* after MAIL */
	char			 ev_sender[LMTP_ADDRESS_MAX];	/* or "" */
	TAILQ_HEAD(, rcpt)	 ev_recipients;	/* accepted */
	unsigned int		 ev_count;	/* of them */
	enum decode_state	 ev_text;
	uint64_t		 ev_octets;	/* as received */
	int			 ev_started;	/* after DATA or BDAT */
	enum letter_result	 ev_result;	/* for all, unless DELIVERED */
	unsigned int		 ev_taken;	/* delivered recipients */
};

/* Initialize: no transaction. */
void		 envelope_init(struct envelope *, struct transit *);

/* Abandon the transaction in any state. */
void		 envelope_reset(struct envelope *);

/* Return a recipient, not yet accepted, or NULL if out of memory. */
struct rcpt *envelope_recipient(const char *);

/* Accept a recipient, or free it. */
void		 envelope_accept(struct envelope *, struct rcpt *);
void		 envelope_refuse(struct rcpt *);

/* Add decoded octets; came is their number as received. */
void		 envelope_add(struct envelope *, const char *, size_t,
		    uint64_t came);

/* After the end: write to some recipients.  Return 0 if it must wait. */
int		 envelope_write(struct envelope *);

/*
 * Get the result of the first recipient and remove it.  Return 0 if there is
 * no result yet.
 */
int		 envelope_pop(struct envelope *, enum letter_result *);

#endif
