/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The transaction of a connection: whom the message at hand is from and for,
 * its octets on their way to the letters, and what became of each.
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

/* All zero but for the list: there is none. */
struct envelope {
	int			 ev_begun;	/* there was a MAIL */
	int			 ev_utf8;	/* with SMTPUTF8 */
	char			 ev_sender[USER_MAX];	/* "": nobody */
	TAILQ_HEAD(, rcpt)	 ev_recipients;	/* accepted */
	unsigned int		 ev_count;	/* of them */
	enum decode_state		 ev_text;
	uint64_t		 ev_octets;	/* as they came */
	int			 ev_started;	/* the letters have begun */
	int			 ev_big;	/* too big: nobody gets it */
	unsigned int		 ev_taken;	/* recipients who got it */
	char			 ev_head[16];	/* first octets, held back */
	size_t			 ev_held;
};

void		 envelope_init(struct envelope *);

/* Forget all of it, whatever it is at. */
void		 envelope_reset(struct envelope *);

/* Another recipient, who is not accepted yet; NULL: no memory. */
struct rcpt *envelope_recipient(const char *);

/* He is accepted; or not, and freed. */
void		 envelope_accept(struct envelope *, struct rcpt *);
void		 envelope_refuse(struct rcpt *);

/* Its octets come now, or go on. */
void		 envelope_start(struct envelope *);

/* Decoded octets, of so many that came. */
void		 envelope_add(struct envelope *, const char *, size_t,
		    uint64_t came);

/* That was all of it. */
void		 envelope_end(struct envelope *);

/* Whether its octets have to wait. */
int		 envelope_full(const struct envelope *);

/*
 * What became of it for the first recipient, who is forgotten.  0: that is
 * not known yet.
 */
int		 envelope_pop(struct envelope *, enum letter_result *);

#endif
