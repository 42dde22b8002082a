/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The transaction of a connection: whom the message at hand is from and for,
 * its octets on their way to the letters, and what became of each.
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

/* All zero but for the list: there is none. */
struct message {
	int			 ms_begun;	/* there was a MAIL */
	int			 ms_utf8;	/* with SMTPUTF8 */
	char			 ms_sender[USER_MAX];	/* "": nobody */
	TAILQ_HEAD(, recipient)	 ms_recipients;	/* accepted */
	unsigned int		 ms_count;	/* of them */
	enum text_state		 ms_text;
	uint64_t		 ms_octets;	/* as they came */
	int			 ms_started;	/* the letters have begun */
	int			 ms_big;	/* too big: nobody gets it */
	unsigned int		 ms_taken;	/* recipients who got it */
	char			 ms_head[16];	/* first octets, held back */
	size_t			 ms_held;
};

void		 message_init(struct message *);

/* Forget all of it, whatever it is at. */
void		 message_reset(struct message *);

/* Another recipient, who is not accepted yet; NULL: no memory. */
struct recipient *message_recipient(const char *);

/* He is accepted; or not, and freed. */
void		 message_accept(struct message *, struct recipient *);
void		 message_refuse(struct recipient *);

/* Its octets come now, or go on. */
void		 message_start(struct message *);

/* Decoded octets, of so many that came. */
void		 message_add(struct message *, const char *, size_t,
		    uint64_t came);

/* That was all of it. */
void		 message_end(struct message *);

/* Whether its octets have to wait. */
int		 message_full(const struct message *);

/*
 * What became of it for the first recipient, who is forgotten.  0: that is
 * not known yet.
 */
int		 message_pop(struct message *, enum letter_result *);

#endif
