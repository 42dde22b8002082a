/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Look up a user in the table processes, which are asked in order until one
 * knows the user.
 */

#ifndef INQUIRY_H
#define INQUIRY_H

#include "msg.h"

struct inquiry;
struct tableset;

/* The value is valid only during the callback; the inquiry is freed before. */
struct inquiry_answer {
	enum look_result	 ia_result;
	unsigned int		 ia_place;	/* of the table; NONE: 0 */
	const char		*ia_value;	/* FOUND: a hash, or "" if a
						   password was right;
						   userbase and route: the
						   value as the table has it */
};
typedef void inquiry_done(void *, const struct inquiry_answer *);

/* A password for the table at a place to check. */
struct inquiry_proof {
	const char		*ip_pass;
	const struct source	*ip_source;	/* of the client */
	unsigned int		 ip_place;
};

/*
 * Look up a user's credentials, userinfo or route; with a proof (or NULL)
 * start with the table at its place and continue from there.  The tableset is
 * held until the inquiry ends.  done() is called within TABLE_SECONDS, never
 * from within this call.
 */
struct inquiry	*inquiry_new(struct tableset *ts, enum table_flag kind,
		    const char *user, const struct inquiry_proof *ip,
		    inquiry_done *done, void *arg);

/* Give it the low priority of a mail lookup; call right after inquiry_new(). */
void		 inquiry_for_mail(struct inquiry *);

/* Cancel: done() is not called.  NULL is ignored. */
void		 inquiry_free(struct inquiry *);

#endif
