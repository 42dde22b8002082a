/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A mailbox in one file, cut into its messages.  Nothing is kept but what has
 * to be known of the beginning of a line: no line is too long.
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

/* The empty line before this one is none between messages. */
static void
mbox_send_empty(struct mbox *mx)
{
	if (mx->mx_empty != NULL)
		mbox_send(mx, mx->mx_empty, strlen(mx->mx_empty));
	mx->mx_empty = NULL;
}

/* All that is known of this line, which is not a special one. */
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

/* A line begins with any number of ">" and "From ". */
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

/* A line without anything. */
static void
mbox_empty(struct mbox *mx, const char *text)
{
	mbox_send_empty(mx);
	mx->mx_empty = text;
	mx->mx_cr = 0;
	mx->mx_line = mx->mx_offset;
}

/* One octet at the beginning of a line.  0 if it is not used up. */
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
		/* One is held back; which one is all the same. */
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

/* Whether an octet before the first message is one of an empty line. */
static int
mbox_before(const struct mbox *mx, char c)
{
	return (!mx->mx_started && mx->mx_from == 0 &&
	    (c == '\n' || c == '\r'));
}

/* The rest of a line, as far as it is here.  How many octets that is. */
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
			/* Where the next line begins, if it is empty. */
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
