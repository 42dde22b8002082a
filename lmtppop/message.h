/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The transaction of a connection: sender and recipients of the current
 * message, its octets on their way to the letters, and the results.
 */

#ifndef MESSAGE_H
#define MESSAGE_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stddef.h>
#include <stdint.h>

#include "letter.h"
#include "limits.h"
#include "text.h"

struct recipient {
	TAILQ_ENTRY(recipient)	 rc_entry;
	struct letter		 rc_letter;
	char			 rc_address[USER_MAX];
};

/* No transaction if all zero, except for the list. */
struct message {
	int			 ms_begun;	/* after MAIL */
	int			 ms_utf8;	/* with SMTPUTF8 */
	char			 ms_sender[USER_MAX];	/* or "" */
	TAILQ_HEAD(, recipient)	 ms_recipients;	/* accepted */
	unsigned int		 ms_count;	/* of them */
	enum text_state		 ms_text;
	uint64_t		 ms_octets;	/* as received */
	int			 ms_started;	/* letters have begun */
	int			 ms_big;	/* too big: discarded */
	unsigned int		 ms_taken;	/* delivered recipients */
	char			 ms_head[16];	/* first octets, held back */
	size_t			 ms_held;
};

/* Initialize: no transaction. */
void		 message_init(struct message *);

/* Abandon the transaction in any state. */
void		 message_reset(struct message *);

/* Return a recipient, not yet accepted, or NULL if out of memory. */
struct recipient *message_recipient(const char *);

/* Accept a recipient, or free it. */
void		 message_accept(struct message *, struct recipient *);
void		 message_refuse(struct recipient *);

/* Begin the letters, unless begun. */
void		 message_start(struct message *);

/* Add decoded octets; came is their number as received. */
void		 message_add(struct message *, const char *, size_t,
		    uint64_t came);

/* End the message. */
void		 message_end(struct message *);

/* Return whether input must wait. */
int		 message_full(const struct message *);

/*
 * Get the result of the first recipient and remove it.  Returns 0 if there is
 * no result yet.
 */
int		 message_pop(struct message *, enum letter_result *);

#endif
