/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Recipients of mail: which user an address means.
 */

#ifndef RECIPIENT_H
#define RECIPIENT_H

struct child;
struct msg_delivery_want;
struct msg_userinfo_is;
struct verdict;

/*
 * lmtppop has a recipient: look up the address, then its local part.  It ends
 * in delivery_open() or delivery_refuse(), at once or, if a table process is
 * asked, within TABLE_SECONDS and a little for each of the two.
 */
struct verdict	 recipient_want(struct child *,
		    const struct msg_delivery_want *);

/* What tabpop says of one; the session of the answer has no generation. */
struct verdict	 recipient_answer(const struct msg_userinfo_is *);

/* tabpop is gone: those who wait for it get no answer. */
void		 recipient_lost(void);

/* lmtppop is gone: nobody waits any more. */
void		 recipient_abandon(void);

#endif
