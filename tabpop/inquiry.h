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

/* A password that the table at a place is to see. */
struct inquiry_proof {
	const char		*ip_pass;
	const struct source	*ip_source;	/* where it comes from */
	unsigned int		 ip_place;
};

/*
 * Ask for a user's hash, userinfo or route; with a proof (else NULL) begin with
 * that, and go on from there.  Answered within TABLE_SECONDS, never from
 * within.
 */
struct inquiry	*inquiry_new(struct tableset *, enum table_flag,
		    const char *user, const struct inquiry_proof *,
		    inquiry_done *, void *arg);

/* Nobody waits at a screen for it.  Right after inquiry_new(). */
void		 inquiry_for_mail(struct inquiry *);

/* No answer is wanted any more; NULL is fine. */
void		 inquiry_free(struct inquiry *);

#endif
