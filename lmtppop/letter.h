/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A letter: one message for one recipient, on its way to a process of his;
 * and these processes, each with the letters that it has.
 *
 * Nothing here waits: what happens is told by le_news, which has the event
 * loop look at the letter and calls nothing here.
 */

#ifndef LETTER_H
#define LETTER_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <event.h>
#include <stddef.h>
#include <stdint.h>

#include "chan.h"
#include "msg.h"

struct mailer;

enum letter_state {
	LETTER_NONE,
	LETTER_ASKED,			/* the parent has not answered yet */
	LETTER_READY,			/* there is a process for it */
	LETTER_OPEN,			/* it has begun */
	LETTER_SENT,			/* and ended: there is no verdict yet */
	LETTER_DONE			/* le_result says how */
};

enum letter_result {
	LETTER_DELIVERED,		/* durable */
	LETTER_TEMP,
	LETTER_SPACE,
	LETTER_QUOTA,
	LETTER_BOX,
	LETTER_UNKNOWN,			/* no such user */
	LETTER_DISABLED,
	LETTER_BUSY,
	LETTER_RESULTS
};

/* All fields are letter.c's; others read the first three. */
struct letter {
	enum letter_state	 le_state;
	enum letter_result	 le_result;
	int			 le_crowded;	/* ASKED: there are as many
						   processes as may be */
	TAILQ_ENTRY(letter)	 le_entry;	/* ASKED: all; later: of the
						   same process */
	struct mailer		*le_mailer;
	uint32_t		 le_number;	/* from OPEN on */
	unsigned int		 le_tries;
	struct event		 le_timer;
	struct msg_delivery_want le_want;
	void			(*le_news)(void *);
	void			*le_arg;
};

/*
 * Ask for a process for this address, and what it may mean otherwise
 * (path_keys()).  It becomes READY or DONE, which news tells; and perhaps
 * first that it is crowded out, for a while.
 */
void		 letter_ask(struct letter *, const char *, const char *,
		    void (*news)(void *), void *);

/* READY becomes OPEN; or DONE, without news. */
void		 letter_begin(struct letter *);

/* More of an OPEN one; news tells when it is not full any more. */
void		 letter_add(struct letter *, const char *, size_t);
int		 letter_full(const struct letter *);

/* OPEN becomes SENT, and DONE later, which news tells. */
void		 letter_end(struct letter *);

/* Nothing more of it, whatever it is; it is NONE again. */
void		 letter_drop(struct letter *);

/* What the parent answers. */
struct verdict	 letter_opened(void *, const void *, int);
struct verdict	 letter_same(void *, const void *, int);
struct verdict	 letter_refused(void *, const void *, int);
void		 letter_lost(void *, uint32_t, const void *);

#endif
