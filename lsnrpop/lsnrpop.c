/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * lsnrpop: faces the network.  Speaks TLS and the AUTHORIZATION state
 * with clients, and relays between them and their workers.  It holds no
 * secret but what is passing through it, and can open nothing.
 *
 * A byte's way: accept.c, client.c, proxy.c if a proxy comes first,
 * clientio.c with tlsio.c or plainio.c, then authorize.c and authstate.c
 * before login and relay.c after it; authreq.c is between the two.  Or
 * authhttp.c, where a proxy asks before it goes elsewhere.
 */

#include <sys/types.h>

#include <unistd.h>

#include "accept.h"
#include "asked.h"
#include "authreq.h"
#include "chan.h"
#include "client.h"
#include "keysign.h"
#include "log.h"
#include "lsnrconf.h"
#include "metrics.h"
#include "msg.h"
#include "peerloss.h"
#include "proc.h"
#include "tlsio.h"

static struct verdict
lsnrpop_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*peer = data;

	peerloss_have(peer);
	switch (peer->mp_role) {
	case ROLE_AUTH:
		authreq_peer(fd);
		return (TAKEN);
	case ROLE_KEY:
		keysign_peer(fd);
		return (TAKEN);
	default:
		close(fd);
		return (LIE("unexpected peer"));
	}
}

/* When the last session has ended the parent ends us. */
static struct verdict
lsnrpop_stop(void *arg, const void *data, int fd)
{
	accept_close();
	client_stop();
	return (TAKEN);
}

/* Another popd accepts from now on; those who are here stay. */
static struct verdict
lsnrpop_drain(void *arg, const void *data, int fd)
{
	accept_close();
	client_drain();
	return (TAKEN);
}

/* All that the parent may send, whenever it likes. */
static const struct chan_rule parent_rules[] = {
	PROC_RULES,
	{ MSG_PEER,		lsnrpop_peer },
	{ MSG_SESSION_OPEN,	authreq_open },
	{ MSG_SESSION_REFUSE,	authreq_refuse },
	{ MSG_SESSION_ROUTE,	authreq_route },
	{ MSG_SESSION_OVER,	authreq_over },
	{ MSG_SESSION_KICK,	authreq_kick },
	{ MSG_STOP,		lsnrpop_stop },
	{ MSG_STATS,		metrics_stats },
	{ MSG_ASK,		asked_parent },
	{ MSG_DRAIN,		lsnrpop_drain },
	{ 0,			NULL }
};

int
main(int argc, char *argv[])
{
	const char	*user;

	proc_version(argc, argv, "lsnrpop");
	user = proc_user(argc, argv, "_popd");
	proc_start("lsnrpop", parent_rules);
	client_init();
	accept_init();
	authreq_init();
	chan_on_lost(proc_parent(), authreq_lost);
	lsnrconf_init();
	tlsio_init();

	proc_drop(user);
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
