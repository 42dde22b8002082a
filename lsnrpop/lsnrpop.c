/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * lsnrpop: faces the network.  Speaks TLS 1.3 and the AUTHORIZATION state
 * with clients, and relays between them and their workers.  It holds no
 * secret but what is passing through it, and can open nothing.
 *
 * A byte's way: accept.c, session.c, tlsio.c, then authstate.c before login
 * and relay.c after it; login.c is between the two.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <unistd.h>

#include "accept.h"
#include "chan.h"
#include "conf.h"
#include "keysign.h"
#include "log.h"
#include "login.h"
#include "missing.h"
#include "msg.h"
#include "proc.h"
#include "session.h"
#include "tlsio.h"

static struct verdict
lsnrpop_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer *peer = data;

	if (peer->mp_role == ROLE_AUTH || peer->mp_role == ROLE_KEY)
		missing_end(peer->mp_role);
	switch (peer->mp_role) {
	case ROLE_AUTH:
		login_peer(fd);
		return (TAKEN);
	case ROLE_KEY:
		keysign_peer(fd);
		return (TAKEN);
	default:
		close(fd);
		return (LIE("unexpected peer"));
	}
}

/* All that the parent may send, whenever it likes. */
static const struct chan_rule parent_rules[] = {
	PROC_RULES,
	{ MSG_PEER,		lsnrpop_peer },
	{ MSG_SESSION_OPEN,	login_open },
	{ MSG_SESSION_REFUSE,	login_refuse },
	{ 0,			NULL }
};

int
main(int argc, char *argv[])
{
	proc_start("lsnrpop", parent_rules);
	accept_init();
	session_init();
	login_init();
	conf_init();
	tlsio_init();
	proc_drop("_popd");

	/* From here on there is no file, */
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/*
	 * and nothing but what is open or comes in: inet for accept(2),
	 * recvfd for sockets, certificates and the streams of workers.
	 */
	if (pledge("stdio inet recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
