/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Clearing cached passwords.  See forget.h.
 */

#include <sys/types.h>

#include <string.h>

#include "chan.h"
#include "child.h"
#include "forget.h"
#include "msg.h"

void
forget_user(const char *user)
{
	struct msg_user	 mu;
	struct child	*c;

	memset(&mu, 0, sizeof(mu));
	strlcpy(mu.mus_user, user, sizeof(mu.mus_user));
	TAILQ_FOREACH(c, child_all(), c_entry)
		if (c->c_role == ROLE_CHECKER && c->c_chan != NULL)
			chan_send(c->c_chan, MSG_FORGET, &mu, -1);
}
