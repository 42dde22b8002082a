/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Split a mailbox file into messages.  Only the beginning of the current line
 * is kept, so lines may have any length.
 */

#include <stdint.h>
#include <string.h>

#include "mbox.h"

static const char	from[] = "From ";
#define FROM_LEN	(sizeof(from) - 1)

void
mbox_init(struct mbox *mx, const struct mbox_calls *calls, void *arg,
    uint64_t offset)
{
	memset(mx, 0, sizeof(*mx));
	mx->mx_calls = calls;
	mx->mx_arg = arg;
	mx->mx_offset = mx->mx_line = offset;
}

void
mbox_resume(struct mbox *mx)
{
	mx->mx_started = 1;
	if (mx->mx_calls->mb_begin(mx->mx_arg, mx->mx_offset) != 0)
		mx->mx_stopped = 1;
}

static void
mbox_send(struct mbox *mx, const void *data, size_t len)
{
	if (!mx->mx_stopped && len > 0 &&
	    mx->mx_calls->mb_data(mx->mx_arg, data, len) != 0)
		mx->mx_stopped = 1;
}

/* Send the empty line before this one: it did not end the message. */
static void
mbox_send_empty(struct mbox *mx)
{
	if (mx->mx_empty != NULL)
		mbox_send(mx, mx->mx_empty, strlen(mx->mx_empty));
	mx->mx_empty = NULL;
}

/* Send what was held back of this line, which is not special. */
static void
mbox_send_begin(struct mbox *mx)
{
	mbox_send_empty(mx);
	mbox_send(mx, ">", (size_t)mx->mx_quote);
	mbox_send(mx, from, mx->mx_from);
	mbox_send(mx, "\r", (size_t)mx->mx_cr);
	mx->mx_quote = mx->mx_cr = 0;
	mx->mx_from = 0;
	mx->mx_state = MBOX_INSIDE;
}

static void
mbox_next(struct mbox *mx)
{
	if (mx->mx_started && !mx->mx_stopped &&
	    mx->mx_calls->mb_end(mx->mx_arg) != 0)
		mx->mx_stopped = 1;
	if (!mx->mx_stopped &&
	    mx->mx_calls->mb_begin(mx->mx_arg, mx->mx_line) != 0)
		mx->mx_stopped = 1;
	mx->mx_started = 1;
	mx->mx_empty = NULL;
	mx->mx_from = 0;
	mx->mx_state = MBOX_FROM;
}

/* Handle a line that begins with any number of ">" and "From ". */
static void
mbox_from(struct mbox *mx)
{
	if (!mx->mx_quote && (mx->mx_empty != NULL || !mx->mx_started)) {
		mbox_next(mx);
		return;
	}
	mx->mx_quote = 0;
	mbox_send_begin(mx);
}

/* Hold back an empty line. */
static void
mbox_empty(struct mbox *mx, const char *text)
{
	mbox_send_empty(mx);
	mx->mx_empty = text;
	mx->mx_cr = 0;
	mx->mx_line = mx->mx_offset;
}

/* Take one octet at the beginning of a line.  Return 0 if not consumed. */
static int
mbox_octet(struct mbox *mx, char c)
{
	if (mx->mx_from > 0 || (c == from[0] && !mx->mx_cr)) {
		if (c != from[mx->mx_from])
			return (0);
		if (++mx->mx_from == FROM_LEN)
			mbox_from(mx);
		return (1);
	}
	if (c == '\n' && !mx->mx_quote) {
		mbox_empty(mx, mx->mx_cr ? "\r\n" : "\n");
		return (1);
	}
	if (mx->mx_cr)
		return (0);
	if (c == '>') {
		/* Hold back one of them, any one. */
		mbox_send_empty(mx);
		mbox_send(mx, ">", (size_t)mx->mx_quote);
		mx->mx_quote = 1;
		return (1);
	}
	if (c == '\r' && !mx->mx_quote) {
		mx->mx_cr = 1;
		return (1);
	}
	return (0);
}

/* Return whether an octet is of an empty line before the first message. */
static int
mbox_before(const struct mbox *mx, char c)
{
	return (!mx->mx_started && mx->mx_from == 0 &&
	    (c == '\n' || c == '\r'));
}

/* Take the rest of a line, as far as available.  Return its octets. */
static size_t
mbox_rest(struct mbox *mx, const char *p, size_t len)
{
	const char	*eol = memchr(p, '\n', len);
	size_t		 n = eol == NULL ? len : (size_t)(eol - p) + 1;

	if (mx->mx_state == MBOX_INSIDE)
		mbox_send(mx, p, n);
	if (eol != NULL) {
		mx->mx_state = MBOX_BEGINS;
		mx->mx_line = mx->mx_offset + n;
	}
	return (n);
}

enum mbox_result
mbox_feed(struct mbox *mx, const void *data, size_t len)
{
	const char	*p = data;
	size_t		 n;

	for (; len > 0 && !mx->mx_stopped; p += n, len -= n) {
		n = 1;
		if (mx->mx_state != MBOX_BEGINS)
			n = mbox_rest(mx, p, len);
		else if (mbox_before(mx, *p))
			mx->mx_line = mx->mx_offset + 1;
		else if (!mx->mx_started && *p != from[mx->mx_from])
			return (MBOX_FOREIGN);
		else {
			/* Start of the next line, if this one is empty. */
			mx->mx_offset++;
			if (!mbox_octet(mx, *p)) {
				mbox_send_begin(mx);
				n = 0;
			}
			mx->mx_offset--;
		}
		mx->mx_offset += n;
	}
	return (mx->mx_stopped ? MBOX_STOPPED : MBOX_OK);
}

enum mbox_result
mbox_finish(struct mbox *mx)
{
	if (!mx->mx_started)
		return (mx->mx_from > 0 ? MBOX_FOREIGN : MBOX_OK);
	if (mx->mx_quote || mx->mx_cr || mx->mx_from > 0)
		mbox_send_begin(mx);
	if (!mx->mx_stopped && mx->mx_calls->mb_end(mx->mx_arg) != 0)
		mx->mx_stopped = 1;
	return (mx->mx_stopped ? MBOX_STOPPED : MBOX_OK);
}
