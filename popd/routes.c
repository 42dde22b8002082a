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

#include <event.h>
#include <string.h>

#include "chan.h"
#include "login.h"
#include "msg.h"
#include "routes.h"
#include "session.h"
#include "userbase.h"

int
routes_ask(struct session *s)
{
	struct msg_route_want	 rw;

	memset(&rw, 0, sizeof(rw));
	rw.rw_id = s->s_id;
	rw.rw_protocol = s->s_protocol;
	strlcpy(rw.rw_user, s->s_user, sizeof(rw.rw_user));
	return (userbase_wait(s, MSG_ROUTE_WANT, &rw));
}

/* Check that this is an address and a port for a proxy. */
static int
routes_host_ok(const struct source *host)
{
	return ((host->so_version == 4 || host->so_version == 6) &&
	    host->so_port != 0);
}

struct verdict
routes_answer(const struct msg_route_is *ri)
{
	struct session	*s;

	/* The session may have ended meanwhile. */
	if ((s = session_find(&ri->ri_id)) == NULL)
		return (TAKEN);
	if (!s->s_asking || s->s_purpose != PURPOSE_ROUTE)
		return (LIE("unexpected answer"));
	if (ri->ri_result == LOOK_PROVE ||
	    ri->ri_result == LOOK_WRONG || (ri->ri_result == LOOK_FOUND ?
	    !routes_host_ok(&ri->ri_host) : ri->ri_host.so_version != 0))
		return (LIE("invalid answer"));
	evtimer_del(&s->s_late);
	s->s_asking = 0;
	if (ri->ri_result == LOOK_TEMP)
		login_unknown(s);
	else
		login_routed(s, &ri->ri_host);
	return (TAKEN);
}
