/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Delivery.  In: records (dlvr.h), which fill files in tmp/.  Out: after each
 * END, whether the message is in new/; earlier failures are remembered until
 * then.
 */

#include <sys/types.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../mda/deliver.h"
#include "dlvr.h"
#include "limits.h"
#include "log.h"
#include "receive.h"
#include "whole.h"

enum letter_state {
	LETTER_NONE,
	LETTER_OPEN,
	LETTER_BAD			/* failed: lt_verdict */
};

static struct {
	int		 stream;
	int		 dir;
	struct letter {
		enum letter_state	 lt_state;
		enum dlvr_verdict	 lt_verdict;
		struct deliver		 lt_deliver;
	}		 letters[DLVR_MESSAGES];
	char		 buf[4 * DLVR_DATA_MAX];
	size_t		 off, len;		/* unread part of buf */
} receive;

/* Read len octets, valid until the next call.  NULL at the end. */
static const char *
receive_read(size_t len)
{
	ssize_t		 n;

	if (receive.off + len > sizeof(receive.buf)) {
		memmove(receive.buf, receive.buf + receive.off,
		    receive.len);
		receive.off = 0;
	}
	while (receive.len < len) {
		n = read(receive.stream,
		    receive.buf + receive.off + receive.len,
		    sizeof(receive.buf) - receive.off -
		    receive.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (NULL);
		receive.len += (size_t)n;
	}
	receive.len -= len;
	receive.off += len;
	return (receive.buf + receive.off - len);
}

static void
letter_fail(struct letter *lt)
{
	lt->lt_state = LETTER_BAD;
	if (errno == ENOSPC)
		lt->lt_verdict = DLVR_SPACE;
	else if (errno == EDQUOT || errno == EFBIG)
		lt->lt_verdict = DLVR_QUOTA;
	else if (errno == ENOENT || errno == ENOTDIR || errno == EACCES ||
	    errno == EPERM || errno == EROFS)
		lt->lt_verdict = DLVR_BOX;
	else
		lt->lt_verdict = DLVR_TEMP;
}

/* Begin a message.  Return 0, or -1 if the number is in use. */
static int
letter_begin(struct letter *lt)
{
	if (lt->lt_state != LETTER_NONE)
		return (-1);
	lt->lt_state = LETTER_BAD;
	lt->lt_verdict = DLVR_BOX;
	if (receive.dir == -1)
		return (0);
	lt->lt_state = LETTER_OPEN;
	if (deliver_begin(&lt->lt_deliver, receive.dir) == -1)
		letter_fail(lt);
	return (0);
}

static int
letter_data(struct letter *lt, uint32_t len)
{
	const char	*data;

	if (lt->lt_state == LETTER_NONE || len > DLVR_DATA_MAX ||
	    (data = receive_read(len)) == NULL)
		return (-1);
	if (lt->lt_state == LETTER_OPEN &&
	    deliver_add(&lt->lt_deliver, data, len) == -1)
		letter_fail(lt);
	return (0);
}

static int
letter_end(struct letter *lt, uint32_t number)
{
	struct dlvr_record	 dl = { DLVR_VERDICT, number, DLVR_DONE, 0 };

	if (lt->lt_state == LETTER_NONE)
		return (-1);
	if (lt->lt_state == LETTER_OPEN &&
	    deliver_end(&lt->lt_deliver) == -1)
		letter_fail(lt);
	if (lt->lt_state == LETTER_BAD)
		dl.dl_value = lt->lt_verdict;
	lt->lt_state = LETTER_NONE;
	return (whole_write(receive.stream, &dl, sizeof(dl)));
}

static int
letter_abort(struct letter *lt)
{
	if (lt->lt_state == LETTER_NONE)
		return (-1);
	if (lt->lt_state == LETTER_OPEN)
		deliver_abort(&lt->lt_deliver);
	lt->lt_state = LETTER_NONE;
	return (0);
}

static int
receive_record(const struct dlvr_record *dl)
{
	struct letter	*lt;

	if (dl->dl_message >= DLVR_MESSAGES)
		return (-1);
	lt = &receive.letters[dl->dl_message];
	switch (dl->dl_type) {
	case DLVR_BEGIN:
		return (letter_begin(lt));
	case DLVR_DATA:
		return (letter_data(lt, dl->dl_value));
	case DLVR_END:
		return (letter_end(lt, dl->dl_message));
	case DLVR_ABORT:
		return (letter_abort(lt));
	}
	return (-1);
}

void
receive_run(int stream, int dir)
{
	struct dlvr_record	 dl;
	const char		*head;
	unsigned int		 i;
	int			 bad = 0;

	receive.stream = stream;
	receive.dir = dir;
	receive.off = receive.len = 0;
	while (!bad && (head = receive_read(sizeof(dl))) != NULL) {
		memcpy(&dl, head, sizeof(dl));
		bad = receive_record(&dl) == -1;
	}
	for (i = 0; i < DLVR_MESSAGES; i++)
		if (receive.letters[i].lt_state != LETTER_NONE)
			letter_abort(&receive.letters[i]);
}
