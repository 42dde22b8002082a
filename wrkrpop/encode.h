/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A message as RFC 1939 section 3 sends it: every line ends in CRLF, a dot
 * that begins a line is doubled, CRLF "." CRLF ends it all.  Pure state
 * machines over pieces of any size: no input, no output, no memory.
 */

#ifndef ENCODE_H
#define ENCODE_H

#include <stddef.h>
#include <stdint.h>

struct encode {
	uint64_t	 en_octets;	/* given out, doubled dots and the end
					   of the message not counted: what
					   LIST says at the end */
	unsigned char	 en_last;	/* last octet given out */
};

/* What encode_end() writes at the most. */
#define ENCODE_END_MAX	5

void	 encode_init(struct encode *);

/*
 * Encode from the *inlen octets at in into the *outlen octets at out, until
 * one of them is used up.  *inlen and *outlen become what was used of each.
 * A line begins after LF only.  An LF without a CR before it gets one; a CR
 * without an LF after it is an octet like any other, and so is a NUL.
 */
void	 encode_run(struct encode *en, const unsigned char *in, size_t *inlen,
	    unsigned char *out, size_t *outlen);

/*
 * All the input is encoded: end the last line if it has no LF, and the
 * message.  Writes to out, which has room for ENCODE_END_MAX; returns the
 * octets written.
 */
size_t	 encode_end(struct encode *, unsigned char *);

/* What TOP sends of a message (RFC 1939 section 7). */
struct top {
	uint32_t	 tp_lines;	/* of the body, still to come */
	int		 tp_body;	/* the empty line has been seen */
	unsigned char	 tp_last[2];	/* the last two octets, newest second */
};

/* Header, empty line, and so many lines of the body. */
void	 encode_top_init(struct top *, uint32_t);

/*
 * How many of the next len octets of the file belong to it; fewer than len
 * means that the rest of the file does not.
 */
size_t	 encode_top_take(struct top *, const unsigned char *, size_t);

#endif
