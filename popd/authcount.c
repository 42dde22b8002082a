/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Correct the counts of authpop.  See authcount.h.
 */

#include <sys/types.h>

#include <string.h>

#include "authcount.h"
#include "chan.h"
#include "child.h"
#include "msg.h"
#include "session.h"
#include "setting.h"

static void
authcount_send(const struct session *s, int failed)
{
	struct msg_auth_count	 mn;
	struct child		*c;

	memset(&mn, 0, sizeof(mn));
	mn.mn_source = s->s_source;
	mn.mn_failed = failed;
	strlcpy(mn.mn_user, s->s_user, sizeof(mn.mn_user));
	if ((c = child_of_role(ROLE_AUTH)) != NULL)
		chan_send(c->c_chan, MSG_AUTH_COUNT, &mn, -1);
}

void
authcount_failed(const struct session *s)
{
	authcount_send(s, 1);
}

void
authcount_nothing(const struct session *s)
{
	if (setting(SETTING_LOGIN_DELAY) > 0)
		authcount_send(s, 0);
}
