/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Split a mailbox file into messages (mbox(5)).  In: octets, in pieces of any
 * size.  Out: messages.
 *
 * Messages are separated by lines "From ", a sender, perhaps empty, and a date
 * as asctime(3) writes it, perhaps without seconds and with one or two words of
 * a time zone before the year: the first of all or after an empty line.  That
 * line and the empty one before it are not part of a message; nor are empty
 * lines before the first, and one at the end.
 *
 * The last Content-Length of a header is believed if there, perhaps after one
 * line end, are a separator or the end: what looks like a separator before is
 * none, and nothing in the body is quoted.  Elsewhere a line of ">"s and
 * "From " loses one ">", which the deliverer added.  All other octets belong to
 * the message, whatever they are.
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
	/* Read octets at an offset; fewer only at the end, or -1. */
	ssize_t		(*mb_peek)(void *, uint64_t, void *, size_t);
};

enum mbox_result {
	MBOX_OK,
	MBOX_STOPPED,		/* by a callback */
	MBOX_FOREIGN		/* does not begin with a separator */
};

struct mbox {
	const struct mbox_calls	*mx_calls;
	void			*mx_arg;
	uint64_t		 mx_line;	/* offset of this line */
	uint64_t		 mx_offset;	/* of the next octet */
	enum {
		MBOX_BEGINS,	/* at the start of a line, held back: */
		MBOX_FROM,	/* in a separator */
		MBOX_INSIDE	/* in any other */
	}			 mx_state;
	int			 mx_quote;	/* ">" */
	int			 mx_cr;		/* CR */
	size_t			 mx_from;	/* octets of "From " */
	int			 mx_started;	/* in a message */
	int			 mx_header;	/* in its header */
	uint64_t		 mx_length;	/* its Content-Length */
	uint64_t		 mx_until;	/* its end, if believed; or 0 */
	int			 mx_stopped;
	const char		*mx_empty;	/* the empty line before, held
						   back */
};

/* Start at this offset of the file, at the beginning of a message. */
void		 mbox_init(struct mbox *, const struct mbox_calls *, void *,
		    uint64_t);

/* Start inside a message instead, which lasts up to the next separator. */
void		 mbox_resume(struct mbox *);

/* Call nothing after a result other than MBOX_OK. */
enum mbox_result mbox_feed(struct mbox *, const void *, size_t);

/* The end of the file ends its last message. */
enum mbox_result mbox_finish(struct mbox *);

#endif
