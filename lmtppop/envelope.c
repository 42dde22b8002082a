/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The transaction of a connection.  See envelope.h.
 *
 * A message is held until it is complete, and then written to a few recipients
 * at a time, so a slow client holds no process.
 *
 * What is written is the same as mda(8) gets from smtpd(8): Return-Path, if
 * there is a sender, Delivered-To, and the message.  If a client has already
 * put these lines at the top, as smtpd(8) does for mail.lmtp and Postfix with
 * flags=DR, they are kept.  Forged ones are never at the top, since the mail
 * server's Received line is above them.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "envelope.h"
#include "log.h"
#include "setting.h"

#define TRACE_PATH	"Return-Path:"
#define TRACE_TO	"Delivered-To:"

void
envelope_init(struct envelope *ev, struct transit *tt)
{
	memset(ev, 0, sizeof(*ev));
	ev->ev_body = tt;
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
	transit_empty(ev->ev_body);
	envelope_init(ev, ev->ev_body);
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

static int
envelope_begins(const struct envelope *ev, const char *name)
{
	return (ev->ev_body->tt_len >= strlen(name) &&
	    strncasecmp(ev->ev_body->tt_memory, name, strlen(name)) == 0);
}

/* Write a recipient's trace lines. */
static void
envelope_trace(const struct envelope *ev, struct rcpt *rc)
{
	char	 head[LMTP_ADDRESS_MAX + USER_MAX + 64];
	int	 n;

	if (envelope_begins(ev, TRACE_PATH) || envelope_begins(ev, TRACE_TO))
		return;
	n = snprintf(head, sizeof(head), "%s%s%s%s %s\n",
	    ev->ev_sender[0] != '\0' ? TRACE_PATH " <" : "", ev->ev_sender,
	    ev->ev_sender[0] != '\0' ? ">\n" : "", TRACE_TO,
	    rc->rc_address);
	letter_add(&rc->rc_letter, head, (size_t)n);
}

/* Write some of the message to a recipient. */
static void
envelope_feed(const struct envelope *ev, struct rcpt *rc)
{
	char	 buf[DLVR_DATA_MAX];
	ssize_t	 n;

	if (rc->rc_off == 0)
		envelope_trace(ev, rc);
	n = transit_read(ev->ev_body, rc->rc_off, buf, sizeof(buf));
	if (n == -1) {
		letter_fail(&rc->rc_letter, LETTER_TEMP);
		return;
	}
	letter_add(&rc->rc_letter, buf, (size_t)n);
	if ((rc->rc_off += (uint64_t)n) == ev->ev_body->tt_len)
		letter_end(&rc->rc_letter);
}

int
envelope_write(struct envelope *ev)
{
	struct rcpt	*rc;
	unsigned int	 busy = 0;
	int		 did = 0;

	TAILQ_FOREACH(rc, &ev->ev_recipients, rc_entry) {
		if (rc->rc_letter.le_state == LETTER_KNOWN) {
			if (busy >= LMTP_AT_ONCE)
				break;
			letter_open(&rc->rc_letter);
		} else if (rc->rc_letter.le_state == LETTER_OPEN &&
		    !letter_full(&rc->rc_letter)) {
			envelope_feed(ev, rc);
			did = 1;
		}
		busy += rc->rc_letter.le_state != LETTER_DONE &&
		    !letter_late(&rc->rc_letter);
	}
	return (did);
}

void
envelope_add(struct envelope *ev, const char *data, size_t len, uint64_t came)
{
	ev->ev_octets += came;
	if (ev->ev_octets > setting(SETTING_LMTP_OCTETS))
		ev->ev_result = LETTER_BIG;
	else if (ev->ev_result == LETTER_DELIVERED &&
	    transit_add(ev->ev_body, data, len) == -1) {
		ev->ev_result = errno == ENOSPC ? LETTER_SPACE : LETTER_TEMP;
		log_warn("%s", TRANSIT_DIR);
	}
}

int
envelope_pop(struct envelope *ev, enum letter_result *result)
{
	struct rcpt	*rc = TAILQ_FIRST(&ev->ev_recipients);

	*result = ev->ev_result;
	if (*result == LETTER_DELIVERED) {
		if (rc->rc_letter.le_state != LETTER_DONE)
			return (0);
		*result = rc->rc_letter.le_result;
	}
	ev->ev_taken += *result == LETTER_DELIVERED;
	TAILQ_REMOVE(&ev->ev_recipients, rc, rc_entry);
	ev->ev_count--;
	envelope_refuse(rc);
	return (1);
}
