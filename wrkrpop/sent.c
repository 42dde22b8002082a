/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Track retrieved messages.  In: message numbers from RETR.  Out: calls to the
 * maildrop after they were sent.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "msg.h"

#include "cmd.h"
#include "maildrop.h"
#include "out.h"
#include "sent.h"

/*
 * More than this wait only if 64 KiB of replies hold so many messages, of 256
 * octets each: then one write(2) becomes two.
 */
#define SENT_MAX	256

static struct {
	size_t			 count;
	struct sent_message {
		uint64_t	 sq_end;	/* where it ends in out.h */
		uint64_t	 sq_octets;
		uint32_t	 sq_number;
	}			waiting[SENT_MAX];
} sent;

void
sent_settle(struct transaction *ta)
{
	const struct sent_message	*sq;
	size_t				 i;

	for (i = 0; i < sent.count; i++) {
		sq = &sent.waiting[i];
		if (sq->sq_end <= out_written()) {
			maildrop_retrieved(ta->ta_drop, sq->sq_number,
			    sq->sq_octets);
			ta->ta_report->rp_messages++;
			ta->ta_report->rp_octets += sq->sq_octets;
		} else if (out_dead())
			maildrop_cut(ta->ta_drop, sq->sq_number);
		else
			break;
	}
	/* They are in the order of their ends. */
	sent.count -= i;
	memmove(sent.waiting, sent.waiting + i,
	    sent.count * sizeof(sent.waiting[0]));
}

void
sent_finish(struct transaction *ta)
{
	sent_settle(ta);
	if (sent.count == 0)
		return;
	out_flush();
	sent_settle(ta);
}

void
sent_add(struct transaction *ta, uint32_t n, uint64_t octets)
{
	struct sent_message	*sq;
	uint64_t		 end = out_end();

	/* It must be settled before there is room to note it. */
	if (sent.count == SENT_MAX)
		sent_settle(ta);
	if (sent.count == SENT_MAX)
		sent_finish(ta);
	sq = &sent.waiting[sent.count++];
	sq->sq_end = end;
	sq->sq_octets = octets;
	sq->sq_number = n;
}
