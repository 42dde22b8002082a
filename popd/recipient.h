/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Recipients of mail: the user of an address.
 */

#ifndef RECIPIENT_H
#define RECIPIENT_H

struct child;
struct msg_delivery_want;
struct msg_userinfo_is;
struct verdict;

/*
 * lmtppop asks for a recipient.  Ends in delivery_open() or delivery_refuse():
 * at once, or, if a table process is asked, within TABLE_SECONDS and a little.
 */
struct verdict	 recipient_want(struct child *,
		    const struct msg_delivery_want *);

/* tabpop's answer for a recipient; its session id has generation 0. */
struct verdict	 recipient_answer(const struct msg_userinfo_is *);

/* tabpop is gone: refuse the recipients waiting for it. */
void		 recipient_lost(void);

/* lmtppop is gone: forget all recipients. */
void		 recipient_abandon(void);

#endif
