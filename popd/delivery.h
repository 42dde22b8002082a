/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The processes that deliver mail, one per user, started for lmtppop.
 *
 * lmtppop names recipients as its client does; the tables of userbase say
 * which user that is (recipient.h), and no other process is ever started.  A
 * compromised lmtppop can have forged mail delivered to users of these tables,
 * by a limited number of processes, each with its user's uid, in its maildir.
 */

#ifndef DELIVERY_H
#define DELIVERY_H

#include <stdint.h>

#include "chan.h"
#include "msg.h"

struct child;
struct userinfo;

/*
 * Answer a MSG_DELIVERY_WANT, whose user's mail is there: that the user is
 * known, with a process if mail is to be written, or with a refusal.
 */
void		 delivery_open(struct child *, const struct msg_delivery_want *,
		    const struct userinfo *);
void		 delivery_refuse(struct child *, uint64_t want,
		    enum delivery_refusal);

/* lmtppop has closed a stream: its process should end. */
struct verdict	 delivery_end(struct child *, const struct msg_delivery *);

/* lmtppop is gone, and all streams with it. */
void		 delivery_abandon(void);

/* Return the number of processes, including those about to end. */
unsigned int	 delivery_count(void);

#endif
