/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Decodes messages.  See decode.h.
 */

#include "decode.h"

/* Take an octet at the start of a line, or after a held back one. */
static enum decode_state
decode_octet(char c, char *out, size_t *made)
{
	if (c == '\r')
		return (TEXT_CR);
	out[(*made)++] = c;
	return (TEXT_LINE);
}

/*
 * Take an octet after one or more CRs, the last of which is held back.  A CR
 * before CRLF stays one: in the file that line ends with CRLF.
 */
static enum decode_state
decode_after_cr(enum decode_state state, char c, char *out, size_t *made)
{
	if (c != '\n' || state == TEXT_CRS)
		out[(*made)++] = '\r';
	if (c == '\r')
		return (TEXT_CRS);
	out[(*made)++] = c;
	return (c == '\n' ? TEXT_START : TEXT_LINE);
}

size_t
decode_data(enum decode_state *state, const char *in, size_t len, char *out,
    size_t *made)
{
	size_t	 i;

	*made = 0;
	for (i = 0; i < len && *state != TEXT_END; i++) {
		switch (*state) {
		case TEXT_START:
			*state = in[i] == '.' ? TEXT_DOT :
			    decode_octet(in[i], out, made);
			break;
		case TEXT_DOT:
			/* The dot is removed, whatever follows. */
			*state = in[i] == '\r' ? TEXT_DOT_CR :
			    decode_octet(in[i], out, made);
			break;
		case TEXT_DOT_CR:
			*state = in[i] == '\n' ? TEXT_END :
			    decode_after_cr(*state, in[i], out, made);
			break;
		case TEXT_CR:
		case TEXT_CRS:
			*state = decode_after_cr(*state, in[i], out, made);
			break;
		default:
			*state = decode_octet(in[i], out, made);
			break;
		}
	}
	return (i);
}

void
decode_chunk(enum decode_state *state, const char *in, size_t len, char *out,
    size_t *made)
{
	size_t	 i;

	*made = 0;
	for (i = 0; i < len; i++)
		*state = *state == TEXT_CR || *state == TEXT_CRS ?
		    decode_after_cr(*state, in[i], out, made) :
		    decode_octet(in[i], out, made);
}

void
decode_last(enum decode_state *state, char *out, size_t *made)
{
	*made = 0;
	if (*state == TEXT_CR || *state == TEXT_CRS)
		out[(*made)++] = '\r';
	*state = TEXT_END;
}
