/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The transaction of a connection.  See message.h.
 *
 * Written is what mda(8) gets from smtpd(8): Return-Path, if there is a sender,
 * Delivered-To, and the message.  A client that makes the final delivery itself
 * has put these first already, as smtpd(8) does for its mail.lmtp, and Postfix
 * with flags=DR: then they stay.  Forged ones are not at the top, where the
 * server's Received line is.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "message.h"
#include "setting.h"

#define TRACE_PATH	"Return-Path:"
#define TRACE_TO	"Delivered-To:"

void
message_init(struct message *ms)
{
	memset(ms, 0, sizeof(*ms));
	TAILQ_INIT(&ms->ms_recipients);
}

void
message_refuse(struct recipient *rc)
{
	letter_drop(&rc->rc_letter);
	free(rc);
}

void
message_reset(struct message *ms)
{
	struct recipient	*rc;

	while ((rc = TAILQ_FIRST(&ms->ms_recipients)) != NULL) {
		TAILQ_REMOVE(&ms->ms_recipients, rc, rc_entry);
		message_refuse(rc);
	}
	message_init(ms);
}

struct recipient *
message_recipient(const char *address)
{
	struct recipient	*rc;

	if ((rc = calloc(1, sizeof(*rc))) != NULL)
		strlcpy(rc->rc_address, address, sizeof(rc->rc_address));
	return (rc);
}

void
message_accept(struct message *ms, struct recipient *rc)
{
	TAILQ_INSERT_TAIL(&ms->ms_recipients, rc, rc_entry);
	ms->ms_count++;
}

void
message_start(struct message *ms)
{
	struct recipient	*rc;

	if (ms->ms_started)
		return;
	ms->ms_started = 1;
	TAILQ_FOREACH(rc, &ms->ms_recipients, rc_entry)
		if (rc->rc_letter.le_state == LETTER_READY)
			letter_begin(&rc->rc_letter);
}

static void
message_write(struct message *ms, const char *data, size_t len)
{
	struct recipient	*rc;

	TAILQ_FOREACH(rc, &ms->ms_recipients, rc_entry)
		if (rc->rc_letter.le_state == LETTER_OPEN)
			letter_add(&rc->rc_letter, data, len);
}

static int
message_begins(const struct message *ms, const char *name)
{
	return (ms->ms_held >= strlen(name) &&
	    strncasecmp(ms->ms_head, name, strlen(name)) == 0);
}

/* Write a recipient's trace lines to head.  Returns their length. */
static size_t
message_trace(const struct message *ms, const struct recipient *rc,
    char *head, size_t size)
{
	int	 n;

	if (message_begins(ms, TRACE_PATH) || message_begins(ms, TRACE_TO))
		return (0);
	n = snprintf(head, size, "%s%s%s%s %s\n",
	    ms->ms_sender[0] != '\0' ? TRACE_PATH " <" : "", ms->ms_sender,
	    ms->ms_sender[0] != '\0' ? ">\n" : "", TRACE_TO,
	    rc->rc_address);
	return ((size_t)n);
}

/* Write the first octets, once all or enough have arrived. */
static void
message_release(struct message *ms)
{
	struct recipient	*rc;
	char			 head[2 * USER_MAX + 64 + sizeof(ms->ms_head)];
	size_t			 n;

	TAILQ_FOREACH(rc, &ms->ms_recipients, rc_entry) {
		if (rc->rc_letter.le_state != LETTER_OPEN)
			continue;
		n = message_trace(ms, rc, head,
		    sizeof(head) - sizeof(ms->ms_head));
		memcpy(head + n, ms->ms_head, ms->ms_held);
		letter_add(&rc->rc_letter, head, n + ms->ms_held);
	}
	ms->ms_held = sizeof(ms->ms_head) + 1;
}

/* The message is too big: drop all letters. */
static void
message_discard(struct message *ms)
{
	struct recipient	*rc;

	ms->ms_big = 1;
	TAILQ_FOREACH(rc, &ms->ms_recipients, rc_entry)
		letter_drop(&rc->rc_letter);
}

void
message_add(struct message *ms, const char *data, size_t len, uint64_t came)
{
	size_t	 n;

	ms->ms_octets += came;
	if (!ms->ms_big && ms->ms_octets > setting(SETTING_LMTP_OCTETS))
		message_discard(ms);
	if (ms->ms_big)
		return;
	if (ms->ms_held < sizeof(ms->ms_head)) {
		n = sizeof(ms->ms_head) - ms->ms_held;
		n = len < n ? len : n;
		memcpy(ms->ms_head + ms->ms_held, data, n);
		ms->ms_held += n;
		data += n;
		len -= n;
		if (ms->ms_held == sizeof(ms->ms_head))
			message_release(ms);
	}
	if (len > 0)
		message_write(ms, data, len);
}

void
message_end(struct message *ms)
{
	struct recipient	*rc;

	if (!ms->ms_big && ms->ms_held < sizeof(ms->ms_head))
		message_release(ms);
	TAILQ_FOREACH(rc, &ms->ms_recipients, rc_entry)
		if (rc->rc_letter.le_state == LETTER_OPEN)
			letter_end(&rc->rc_letter);
}

int
message_full(const struct message *ms)
{
	const struct recipient	*rc;

	TAILQ_FOREACH(rc, &ms->ms_recipients, rc_entry)
		if (letter_full(&rc->rc_letter))
			return (1);
	return (0);
}

int
message_pop(struct message *ms, enum letter_result *result)
{
	struct recipient	*rc = TAILQ_FIRST(&ms->ms_recipients);

	if (!ms->ms_big && rc->rc_letter.le_state != LETTER_DONE)
		return (0);
	*result = rc->rc_letter.le_result;
	ms->ms_taken += !ms->ms_big && *result == LETTER_DELIVERED;
	TAILQ_REMOVE(&ms->ms_recipients, rc, rc_entry);
	ms->ms_count--;
	message_refuse(rc);
	return (1);
}
