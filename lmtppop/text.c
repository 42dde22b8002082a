/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Decodes messages.  See text.h.
 */

#include "text.h"

/* Take an octet at the start of a line, or after a held back one. */
static enum text_state
text_octet(char c, char *out, size_t *made)
{
	if (c == '\r')
		return (TEXT_CR);
	out[(*made)++] = c;
	return (TEXT_LINE);
}

/* Take an octet after a CR. */
static enum text_state
text_after_cr(char c, char *out, size_t *made)
{
	if (c == '\n') {
		out[(*made)++] = '\n';
		return (TEXT_START);
	}
	out[(*made)++] = '\r';
	return (text_octet(c, out, made));
}

size_t
text_data(enum text_state *state, const char *in, size_t len, char *out,
    size_t *made)
{
	size_t	 i;

	*made = 0;
	for (i = 0; i < len && *state != TEXT_END; i++) {
		switch (*state) {
		case TEXT_START:
			*state = in[i] == '.' ? TEXT_DOT :
			    text_octet(in[i], out, made);
			break;
		case TEXT_DOT:
			/* The dot is removed, whatever follows. */
			*state = in[i] == '\r' ? TEXT_DOT_CR :
			    text_octet(in[i], out, made);
			break;
		case TEXT_DOT_CR:
			*state = in[i] == '\n' ? TEXT_END :
			    text_after_cr(in[i], out, made);
			break;
		case TEXT_CR:
			*state = text_after_cr(in[i], out, made);
			break;
		default:
			*state = text_octet(in[i], out, made);
			break;
		}
	}
	return (i);
}

void
text_chunk(enum text_state *state, const char *in, size_t len, char *out,
    size_t *made)
{
	size_t	 i;

	*made = 0;
	for (i = 0; i < len; i++)
		*state = *state == TEXT_CR ?
		    text_after_cr(in[i], out, made) :
		    text_octet(in[i], out, made);
}

void
text_last(enum text_state *state, char *out, size_t *made)
{
	*made = 0;
	if (*state == TEXT_CR)
		out[(*made)++] = '\r';
	*state = TEXT_END;
}
