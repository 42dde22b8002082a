/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The octets of a message as they come, made those of the file: lines end
 * with LF alone, and after DATA dots are not doubled.
 *
 * Only CRLF, dot, CRLF is the end of DATA, and only a dot after CRLF is one
 * too many: an LF or CR that stands alone is an octet of the message like any
 * other (it is kept, and bounces no mail that somebody has already taken), so
 * that nobody smuggles a second message in behind the first.
 */

#ifndef DECODE_H
#define DECODE_H

#include <stddef.h>

enum decode_state {
	TEXT_START,			/* of a line */
	TEXT_LINE,			/* within one */
	TEXT_CR,			/* a CR is held back */
	TEXT_DOT,			/* so is a dot at the start */
	TEXT_DOT_CR,			/* and a CR after it */
	TEXT_END			/* of the message */
};

/* Octets that come out beyond those that go in. */
#define TEXT_MORE	2

/*
 * Decode len octets of DATA, up to the end of the message, which is then the
 * state; out has room for len + TEXT_MORE.  Returns the octets used, and in
 * *made those that came out.  The state is TEXT_START at first.
 */
size_t		 decode_data(enum decode_state *, const char *in, size_t len,
		    char *out, size_t *made);

/* The same for a chunk of BDAT, all of which is used; dots mean nothing. */
void		 decode_chunk(enum decode_state *, const char *in, size_t len,
		    char *out, size_t *made);

/* After the last chunk: what was held back, as decode_data(). */
void		 decode_last(enum decode_state *, char *out, size_t *made);

#endif
