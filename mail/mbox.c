/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Split a mailbox file into messages.  Only the beginning of the current line
 * is kept, so lines may have any length.
 */

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "limits.h"
#include "mbox.h"

static const char	from[] = "From ";
#define FROM_LEN	(sizeof(from) - 1)

static const char	content_length[] = "Content-Length:";
#define LENGTH_LEN	(sizeof(content_length) - 1)

/* "Mon Nov  2 08:00", as asctime(3) begins. */
#define DATE_LEN	16

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

/* Read fewer than size octets at an offset.  Return how many; 0: failed. */
static size_t
mbox_peek(struct mbox *mx, uint64_t offset, char *text, size_t size)
{
	ssize_t	 n = mx->mx_calls->mb_peek(mx->mx_arg, offset, text, size - 1);

	if (n == -1) {
		mx->mx_stopped = 1;
		n = 0;
	}
	text[n] = '\0';
	return ((size_t)n);
}

/* Return whether a text begins with a date. */
static int
mbox_date(const char *p)
{
	struct tm	 tm;
	int		 words;

	memset(&tm, 0, sizeof(tm));
	if (strptime(p, "%a %b %d %H:%M", &tm) != p + DATE_LEN ||
	    p[3] != ' ' || p[7] != ' ' || p[10] != ' ' || p[13] != ':' ||
	    !isdigit((unsigned char)p[14]))
		return (0);
	p += DATE_LEN;
	/* Behind seconds and a time zone. */
	for (words = 0; words < 3; words++) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
		if (strspn(p, "0123456789") == 4 && strchr(" ", p[4]) != NULL)
			return (1);
	}
	return (0);
}

/* Return whether a separator begins at this offset. */
static int
mbox_separates(struct mbox *mx, uint64_t offset)
{
	char		 line[MBOX_LINE_MAX];
	const char	*p = line + FROM_LEN;

	(void)mbox_peek(mx, offset, line, sizeof(line));
	if (strncmp(line, from, FROM_LEN) != 0)
		return (0);
	line[strcspn(line, "\r\n")] = '\0';
	while ((p = strchr(p, ' ')) != NULL)
		if (mbox_date(++p))
			return (1);
	return (0);
}

/* Take the length from a line of the header, if it has one. */
static void
mbox_length(struct mbox *mx)
{
	char		 line[64];
	const char	*errstr;

	(void)mbox_peek(mx, mx->mx_line, line, sizeof(line));
	line[strcspn(line, "\r\n")] = '\0';
	if (strncasecmp(line, content_length, LENGTH_LEN) == 0)
		mx->mx_length = (uint64_t)strtonum(line + LENGTH_LEN, 0,
		    INT64_MAX, &errstr);
}

/* Return whether a body of at least one octet may end at this offset. */
static int
mbox_ends(struct mbox *mx, uint64_t offset)
{
	/* Two octets, and what may be an empty line. */
	char		 text[6], *next = text + 2;
	size_t		 n = mbox_peek(mx, offset - 2, text, sizeof(text));

	if (n < 2)
		return (0);
	next += *next == '\r';
	next += *next == '\n';
	if (next == text + n)
		return (1);
	return (next[-1] == '\n' && text[next == text + 2 ? 0 : 1] == '\n' &&
	    mbox_separates(mx, offset + (uint64_t)(next - text) - 2));
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
	mx->mx_started = mx->mx_header = 1;
	mx->mx_length = mx->mx_until = 0;
	mx->mx_empty = NULL;
	mx->mx_from = 0;
	mx->mx_state = MBOX_FROM;
}

/* Handle a line that begins with any number of ">" and "From ". */
static void
mbox_from(struct mbox *mx)
{
	int	 exact = mx->mx_line < mx->mx_until;

	if (!exact && !mx->mx_quote &&
	    (mx->mx_empty != NULL || !mx->mx_started) &&
	    mbox_separates(mx, mx->mx_line)) {
		mbox_next(mx);
		return;
	}
	if (!exact)
		mx->mx_quote = 0;
	/* Before the first message it is foreign. */
	if (mx->mx_started)
		mbox_send_begin(mx);
}

/* Hold back an empty line, which may end the header. */
static void
mbox_empty(struct mbox *mx, const char *text)
{
	mbox_send_empty(mx);
	mx->mx_empty = text;
	mx->mx_cr = 0;
	mx->mx_line = mx->mx_offset;
	if (mx->mx_length > 0 && mx->mx_header &&
	    mbox_ends(mx, mx->mx_offset + mx->mx_length))
		mx->mx_until = mx->mx_offset + mx->mx_length;
	mx->mx_header = 0;
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
		else if (!mx->mx_started && (mx->mx_from == FROM_LEN ||
		    *p != from[mx->mx_from]))
			return (MBOX_FOREIGN);
		else {
			if (mx->mx_header && mx->mx_offset == mx->mx_line &&
			    (*p == 'C' || *p == 'c'))
				mbox_length(mx);
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
