/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Encode a message for sending (RFC 1939 section 3): every line ends in CRLF, a
 * dot at the beginning of a line is doubled, CRLF "."  CRLF ends the message.
 * Pure state machines over pieces of any size: no input, output or allocation.
 */

#ifndef ENCODE_H
#define ENCODE_H

#include <stddef.h>
#include <stdint.h>

struct encode {
	uint64_t	en_octets;	/* written so far, without doubled dots
					   and the final line: at the end the
					   size that LIST shows */
	unsigned char	en_last;	/* last octet written */
};

/* The most octets that encode_end() writes. */
#define ENCODE_END_MAX	5

void	 encode_init(struct encode *);

/*
 * Encode from the *inlen octets at in to the *outlen octets at out, until
 * either is used up.  Set both to what was used.  Lines begin only after LF.
 * An LF without a CR before it gets one; a CR without an LF after it is an
 * octet like any other, and so is NUL.
 */
void	 encode_run(struct encode *en, const unsigned char *in, size_t *inlen,
	    unsigned char *out, size_t *outlen);

/*
 * End the last line if it has no LF, and the message, after all input is
 * encoded.  Write to out, of ENCODE_END_MAX; return the octets written.
 */
size_t	 encode_end(struct encode *, unsigned char *);

/* The part of a message that TOP sends (RFC 1939 section 7). */
struct top {
	uint32_t	tp_lines;	/* of the body, still to come */
	int		tp_body;	/* after the empty line */
	unsigned char	tp_last[2];	/* the last two octets, newest last */
};

/* Begin with header, empty line, and so many lines of the body. */
void	 encode_top_init(struct top *, uint32_t);

/*
 * Return how many of the next len octets of the file belong to it; if fewer
 * than len, the rest of the file does not.
 */
size_t	 encode_top_take(struct top *, const unsigned char *, size_t);

#endif
