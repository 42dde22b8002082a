/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Report removals.  In: removed messages of the maildrop.  Out: messages to the
 * parent.
 */

#include <stdint.h>
#include <string.h>

#include "msg.h"

#include "audit.h"
#include "maildrop.h"
#include "parent.h"

/* Report one message.  0, or -1 if the parent is gone. */
static int
audit_message(const struct maildrop *drop, uint32_t n, int expired)
{
	struct msg_removed	 rv;

	memset(&rv, 0, sizeof(rv));
	rv.rv_octets = maildrop_size(drop, n);
	rv.rv_expired = (uint32_t)expired;
	/* The zeros after it terminate it. */
	(void)maildrop_uidl(drop, n, rv.rv_uidl);
	return (parent_removed(&rv));
}

void
audit_run(const struct maildrop *drop)
{
	enum maildrop_gone	 gone;
	uint32_t		 n;

	for (n = 1; n <= maildrop_last(drop); n++) {
		gone = maildrop_removed(drop, n);
		if (gone != MAILDROP_KEPT && audit_message(drop, n,
		    gone == MAILDROP_EXPIRED) == -1)
			return;
	}
}
