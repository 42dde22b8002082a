/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The transaction of a connection.  See envelope.h.
 *
 * What is written is the same as mda(8) gets from smtpd(8): Return-Path, if
 * there is a sender, Delivered-To, and the message.  If a client has already
 * put these lines at the top, as smtpd(8) does for mail.lmtp and Postfix with
 * flags=DR, they are kept.  Forged ones are never at the top, since the mail
 * server's Received line is above them.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "envelope.h"
#include "setting.h"

#define TRACE_PATH	"Return-Path:"
#define TRACE_TO	"Delivered-To:"

void
envelope_init(struct envelope *ev)
{
	memset(ev, 0, sizeof(*ev));
	TAILQ_INIT(&ev->ev_recipients);
}

void
envelope_refuse(struct rcpt *rc)
{
	letter_drop(&rc->rc_letter);
	free(rc);
}

void
envelope_reset(struct envelope *ev)
{
	struct rcpt	*rc;

	while ((rc = TAILQ_FIRST(&ev->ev_recipients)) != NULL) {
		TAILQ_REMOVE(&ev->ev_recipients, rc, rc_entry);
		envelope_refuse(rc);
	}
	envelope_init(ev);
}

struct rcpt *
envelope_recipient(const char *address)
{
	struct rcpt	*rc;

	if ((rc = calloc(1, sizeof(*rc))) != NULL)
		strlcpy(rc->rc_address, address, sizeof(rc->rc_address));
	return (rc);
}

void
envelope_accept(struct envelope *ev, struct rcpt *rc)
{
	TAILQ_INSERT_TAIL(&ev->ev_recipients, rc, rc_entry);
	ev->ev_count++;
}

void
envelope_start(struct envelope *ev)
{
	struct rcpt	*rc;

	if (ev->ev_started)
		return;
	ev->ev_started = 1;
	TAILQ_FOREACH(rc, &ev->ev_recipients, rc_entry)
		if (rc->rc_letter.le_state == LETTER_READY)
			letter_begin(&rc->rc_letter);
}

static void
envelope_write(struct envelope *ev, const char *data, size_t len)
{
	struct rcpt	*rc;

	TAILQ_FOREACH(rc, &ev->ev_recipients, rc_entry)
		if (rc->rc_letter.le_state == LETTER_OPEN)
			letter_add(&rc->rc_letter, data, len);
}

static int
envelope_begins(const struct envelope *ev, const char *name)
{
	return (ev->ev_held >= strlen(name) &&
	    strncasecmp(ev->ev_head, name, strlen(name)) == 0);
}

/* Write a recipient's trace lines to head.  Return their length. */
static size_t
envelope_trace(const struct envelope *ev, const struct rcpt *rc,
    char *head, size_t size)
{
	int	 n;

	if (envelope_begins(ev, TRACE_PATH) || envelope_begins(ev, TRACE_TO))
		return (0);
	n = snprintf(head, size, "%s%s%s%s %s\n",
	    ev->ev_sender[0] != '\0' ? TRACE_PATH " <" : "", ev->ev_sender,
	    ev->ev_sender[0] != '\0' ? ">\n" : "", TRACE_TO,
	    rc->rc_address);
	return ((size_t)n);
}

/* Write the first octets, once all or enough have arrived. */
static void
envelope_release(struct envelope *ev)
{
	struct rcpt	*rc;
	char		 head[2 * USER_MAX + 64 + sizeof(ev->ev_head)];
	size_t		 n;

	TAILQ_FOREACH(rc, &ev->ev_recipients, rc_entry) {
		if (rc->rc_letter.le_state != LETTER_OPEN)
			continue;
		n = envelope_trace(ev, rc, head,
		    sizeof(head) - sizeof(ev->ev_head));
		memcpy(head + n, ev->ev_head, ev->ev_held);
		letter_add(&rc->rc_letter, head, n + ev->ev_held);
	}
	ev->ev_held = sizeof(ev->ev_head) + 1;
}

/* The message is too big: drop all letters. */
static void
envelope_discard(struct envelope *ev)
{
	struct rcpt	*rc;

	ev->ev_big = 1;
	TAILQ_FOREACH(rc, &ev->ev_recipients, rc_entry)
		letter_drop(&rc->rc_letter);
}

void
envelope_add(struct envelope *ev, const char *data, size_t len, uint64_t came)
{
	size_t	 n;

	ev->ev_octets += came;
	if (!ev->ev_big && ev->ev_octets > setting(SETTING_LMTP_OCTETS))
		envelope_discard(ev);
	if (ev->ev_big)
		return;
	if (ev->ev_held < sizeof(ev->ev_head)) {
		n = sizeof(ev->ev_head) - ev->ev_held;
		n = len < n ? len : n;
		memcpy(ev->ev_head + ev->ev_held, data, n);
		ev->ev_held += n;
		data += n;
		len -= n;
		if (ev->ev_held == sizeof(ev->ev_head))
			envelope_release(ev);
	}
	if (len > 0)
		envelope_write(ev, data, len);
}

void
envelope_end(struct envelope *ev)
{
	struct rcpt	*rc;

	if (!ev->ev_big && ev->ev_held < sizeof(ev->ev_head))
		envelope_release(ev);
	TAILQ_FOREACH(rc, &ev->ev_recipients, rc_entry)
		if (rc->rc_letter.le_state == LETTER_OPEN)
			letter_end(&rc->rc_letter);
}

int
envelope_full(const struct envelope *ev)
{
	const struct rcpt	*rc;

	TAILQ_FOREACH(rc, &ev->ev_recipients, rc_entry)
		if (letter_full(&rc->rc_letter))
			return (1);
	return (0);
}

int
envelope_pop(struct envelope *ev, enum letter_result *result)
{
	struct rcpt	*rc = TAILQ_FIRST(&ev->ev_recipients);

	if (!ev->ev_big && rc->rc_letter.le_state != LETTER_DONE)
		return (0);
	*result = rc->rc_letter.le_result;
	ev->ev_taken += !ev->ev_big && *result == LETTER_DELIVERED;
	TAILQ_REMOVE(&ev->ev_recipients, rc, rc_entry);
	ev->ev_count--;
	envelope_refuse(rc);
	return (1);
}
