/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Split a mailbox file into messages (mbox(5)).  In: octets, in pieces of any
 * size.  Out: messages.
 *
 * A message begins with a line "From ", the first of all or after an empty
 * line.  That line and the empty one before the next are not part of a message;
 * nor are empty lines before the first, and one at the end.  A line that begins
 * with ">"s and "From " loses one ">", which the deliverer added.
 * Content-Length and Status are ignored.  All other octets belong to the
 * message, whatever they are.
 */

#ifndef MBOX_H
#define MBOX_H

#include <sys/types.h>
#include <stdint.h>

/* Each returns 0 to continue. */
struct mbox_calls {
	/* A message begins; the offset of its line "From ". */
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
		MBOX_BEGINS,	/* at the start of a line, held back: */
		MBOX_FROM,	/* in a line "From " */
		MBOX_INSIDE	/* in any other */
	}			 mx_state;
	int			 mx_quote;	/* ">" */
	int			 mx_cr;		/* CR */
	size_t			 mx_from;	/* octets of "From " */
	int			 mx_started;	/* in a message */
	int			 mx_stopped;
	const char		*mx_empty;	/* the empty line before, held
						   back */
};

/* Start at this offset of the file, at the beginning of a message. */
void		 mbox_init(struct mbox *, const struct mbox_calls *, void *,
		    uint64_t);

/* Start inside a message instead, which lasts up to the next line "From ". */
void		 mbox_resume(struct mbox *);

/* Call nothing after a result other than MBOX_OK. */
enum mbox_result mbox_feed(struct mbox *, const void *, size_t);

/* The end of the file ends its last message. */
enum mbox_result mbox_finish(struct mbox *);

#endif
