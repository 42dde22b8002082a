/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Routes from a table process.  In: a session; it waits for tabpop a little
 * longer than TABLE_SECONDS.  Out: an address and a port; the text of a table
 * is parsed in tabpop.
 */

#include <sys/types.h>

#include <string.h>

#include "chan.h"
#include "msg.h"
#include "routes.h"
#include "session.h"
#include "userbase.h"

int
routes_ask(struct session *s, void (*late)(int, short, void *))
{
	struct msg_route_want	 rw;

	memset(&rw, 0, sizeof(rw));
	rw.rw_id = s->s_id;
	rw.rw_protocol = s->s_protocol;
	strlcpy(rw.rw_user, s->s_user, sizeof(rw.rw_user));
	return (userbase_wait(s, MSG_ROUTE_WANT, &rw, late));
}

/* Check that this is an address and a port for a proxy. */
static int
routes_host_ok(const struct source *host)
{
	return ((host->so_version == 4 || host->so_version == 6) &&
	    host->so_port != 0);
}

int
routes_answer_ok(const struct msg_route_is *ri)
{
	if (ri->ri_result == LOOK_PROVE || ri->ri_result == LOOK_WRONG)
		return (0);
	if (ri->ri_result == LOOK_FOUND)
		return (routes_host_ok(&ri->ri_host));
	return (ri->ri_host.so_version == 0);
}
