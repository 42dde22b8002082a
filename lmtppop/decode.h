/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Decodes the octets of a message: lines end with LF in the file, and dots are
 * unstuffed after DATA.
 *
 * Only CRLF dot CRLF ends DATA, and only a dot after CRLF is removed: a lone LF
 * or CR is part of the message (kept, since another server has accepted the
 * mail).  So no second message can be smuggled in after the first.
 */

#ifndef DECODE_H
#define DECODE_H

#include <stddef.h>

enum decode_state {
	TEXT_START,			/* at the start of a line */
	TEXT_LINE,			/* within a line */
	TEXT_CR,			/* a CR is held back */
	TEXT_CRS,			/* the same, after another CR */
	TEXT_DOT,			/* a dot at the start, too */
	TEXT_DOT_CR,			/* and a CR after it */
	TEXT_END			/* end of the message */
};

/* Most octets of output beyond the length of the input. */
#define TEXT_MORE	2

/*
 * Decode len octets of DATA, up to the end of the message (state TEXT_END);
 * out has room for len + TEXT_MORE.  Return the octets used, and in *made
 * those written.  The initial state is TEXT_START.
 */
size_t		 decode_data(enum decode_state *state, const char *in,
		    size_t len, char *out, size_t *made);

/* Decode a chunk of BDAT, which is used completely; dots are not special. */
void		 decode_chunk(enum decode_state *state, const char *in,
		    size_t len, char *out, size_t *made);

/* After the last chunk: flush what was held back. */
void		 decode_last(enum decode_state *, char *out, size_t *made);

#endif
