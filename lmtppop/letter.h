/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A letter: one message for one recipient, on its way to a dlvrpop of that
 * user; and these processes, each with its letters.
 *
 * Nothing here waits: le_news tells of events; it must only schedule work, and
 * call nothing here.
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
	LETTER_ASKED,			/* is the user known? */
	LETTER_KNOWN,
	LETTER_WAITING,			/* for a process */
	LETTER_OPEN,			/* has begun */
	LETTER_SENT,			/* has ended; waits for a verdict */
	LETTER_DONE			/* finished: le_result */
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
	LETTER_BIG,			/* the message is */
	LETTER_RESULTS
};

/* All fields are private to letter.c, but the first two may be read. */
struct letter {
	enum letter_state	 le_state;
	enum letter_result	 le_result;
	TAILQ_ENTRY(letter)	 le_entry;	/* ASKED, WAITING: in one list;
						   later: of its process */
	struct mailer		*le_mailer;
	uint32_t		 le_number;	/* from OPEN on */
	unsigned int		 le_tries;
	struct event		 le_timer;
	const char		*le_address;
	unsigned int		 le_key;	/* of the address, in le_want */
	struct msg_delivery_want le_want;
	void			(*le_news)(void *);
	void			*le_arg;
};

/*
 * Ask for the user of an address, which must stay.  News follows when the
 * letter is KNOWN or DONE.
 */
void		 letter_ask(struct letter *le, const char *address,
		    void (*news)(void *), void *arg);

/* A KNOWN letter gets a process; news follows when it is OPEN or DONE. */
void		 letter_open(struct letter *);

/* Return whether its process makes no progress, so that others may begin. */
int		 letter_late(const struct letter *);

/* Add data to an OPEN letter; news follows when it is no longer full. */
void		 letter_add(struct letter *, const char *, size_t);
int		 letter_full(const struct letter *);

/* An OPEN letter becomes SENT; news follows when it is DONE. */
void		 letter_end(struct letter *);

/* An OPEN letter that cannot go on becomes DONE. */
void		 letter_fail(struct letter *, enum letter_result);

/* Abandon a letter in any state; it becomes NONE. */
void		 letter_drop(struct letter *);

/* Handlers of the parent's answers. */
struct verdict	 letter_known(void *, const void *, int);
struct verdict	 letter_opened(void *, const void *, int);
struct verdict	 letter_same(void *, const void *, int);
struct verdict	 letter_refused(void *, const void *, int);
void		 letter_lost(void *, uint32_t, const void *);

#endif
