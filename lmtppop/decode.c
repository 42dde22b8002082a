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

/* Take an octet after a CR. */
static enum decode_state
decode_after_cr(char c, char *out, size_t *made)
{
	if (c == '\n') {
		out[(*made)++] = '\n';
		return (TEXT_START);
	}
	out[(*made)++] = '\r';
	return (decode_octet(c, out, made));
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
			    decode_after_cr(in[i], out, made);
			break;
		case TEXT_CR:
			*state = decode_after_cr(in[i], out, made);
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
		*state = *state == TEXT_CR ?
		    decode_after_cr(in[i], out, made) :
		    decode_octet(in[i], out, made);
}

void
decode_last(enum decode_state *state, char *out, size_t *made)
{
	*made = 0;
	if (*state == TEXT_CR)
		out[(*made)++] = '\r';
	*state = TEXT_END;
}
