/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the table processes know of a user: they are asked in their order until
 * one knows him.
 */

#ifndef INQUIRY_H
#define INQUIRY_H

#include "msg.h"

struct inquiry;
struct tableset;

/* The value is there until it returns; the inquiry is gone. */
struct inquiry_answer {
	enum look_result	 ia_result;
	unsigned int		 ia_place;	/* of the table; NONE: 0 */
	const char		*ia_value;	/* FOUND: a hash, or "" after
						   a password was right; of
						   userbase or route: what is
						   there, of a route as it is */
};
typedef void inquiry_done(void *, const struct inquiry_answer *);

/*
 * Ask for a user's hash, userinfo or route, from a place on; with a password
 * the first of them is to see that.  Answered within TABLE_SECONDS, never from
 * within.
 */
struct inquiry	*inquiry_new(struct tableset *, enum table_flag,
		    const char *user, const char *pass, unsigned int place,
		    inquiry_done *, void *arg);

/* No answer is wanted any more; NULL is fine. */
void		 inquiry_free(struct inquiry *);

#endif
