/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The processes that deliver for one user each, started for lmtppop.
 *
 * lmtppop says whom mail is for, in the words of its client; the tables of
 * userbase say who that is (recipient.h), and nobody else is ever started.  A
 * lmtppop that lies has made-up mail delivered to users of these tables; it
 * has as many processes as there may be, and no more; and each of them is one
 * of a user's own, in his maildir.
 */

#ifndef DELIVERY_H
#define DELIVERY_H

#include <stdint.h>

#include "chan.h"
#include "msg.h"

struct child;
struct userinfo;

/*
 * Answer a MSG_DELIVERY_WANT of lmtppop: with the process of this user, whose
 * mail is there; or with none.
 */
void		 delivery_open(struct child *, uint64_t want, const char *user,
		    const struct userinfo *);
void		 delivery_refuse(struct child *, uint64_t want,
		    enum delivery_refusal);

/* It has closed a stream: that process is to end. */
struct verdict	 delivery_end(struct child *, const struct msg_delivery *);

/* lmtppop is gone, and with it all streams. */
void		 delivery_abandon(void);

/* Those that are there, the ending ones included. */
unsigned int	 delivery_count(void);

#endif
