/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A mailbox in one file, cut into its messages (mbox(5)): octets come in, in
 * pieces of any size, messages go out.
 *
 * A message begins with a line "From ", which is the first of all or comes
 * after an empty line.  Neither that line nor the empty one before the next is
 * part of a message; nor are empty lines before the first, and one at the end.
 * Of a line that begins with any number of ">" and "From " one ">" is taken
 * off, as those who deliver have put it there.  Content-Length and Status mean
 * nothing here.  All other octets are the message's, whatever they are.
 */

#ifndef MBOX_H
#define MBOX_H

#include <sys/types.h>
#include <stdint.h>

/* Each returns 0 to go on. */
struct mbox_calls {
	/* A message; the offset of its line "From ". */
	int		(*mb_begin)(void *, uint64_t);
	int		(*mb_data)(void *, const void *, size_t);
	int		(*mb_end)(void *);
};

enum mbox_result {
	MBOX_OK,
	MBOX_STOPPED,		/* by a callback */
	MBOX_FOREIGN		/* does not begin with a line "From " */
};

struct mbox {
	const struct mbox_calls	*mx_calls;
	void			*mx_arg;
	uint64_t		 mx_line;	/* offset of this line */
	uint64_t		 mx_offset;	/* of the next octet */
	enum {
		MBOX_BEGINS,	/* a line, what is known of it not yet sent: */
		MBOX_FROM,	/* in a line "From " */
		MBOX_INSIDE	/* in any other */
	}			 mx_state;
	int			 mx_quote;	/* ">" */
	int			 mx_cr;		/* CR */
	size_t			 mx_from;	/* so much of "From " */
	int			 mx_started;	/* in a message */
	int			 mx_stopped;
	const char		*mx_empty;	/* the line before, not sent */
};

/* What comes is at this offset of the file, where a message must begin. */
void		 mbox_init(struct mbox *, const struct mbox_calls *, void *,
		    uint64_t);

/* It does not: what comes, up to the next line "From ", is a message. */
void		 mbox_resume(struct mbox *);

/* Nothing may follow another result than MBOX_OK. */
enum mbox_result mbox_feed(struct mbox *, const void *, size_t);

/* The end of the file is the end of its last message. */
enum mbox_result mbox_finish(struct mbox *);

#endif
