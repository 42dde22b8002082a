/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * lsnrpop: the network-facing process.  It speaks TLS and the AUTHORIZATION
 * state with clients, and relays between them and their workers.  It holds no
 * secrets but those passing through, and cannot open files.
 *
 * A byte passes accept.c, client.c, proxy.c if a proxy comes first,
 * clientio.c with tlsio.c or plainio.c, then authorize.c and authstate.c
 * before login and relay.c after it; authreq.c connects the two.  Requests of
 * nginx's mail module go to authhttp.c.
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

/* The parent ends this process after the last session. */
static struct verdict
lsnrpop_stop(void *arg, const void *data, int fd)
{
	accept_close();
	client_stop();
	return (TAKEN);
}

/* Another popd accepts from now on; existing clients stay. */
static struct verdict
lsnrpop_drain(void *arg, const void *data, int fd)
{
	accept_close();
	client_drain();
	return (TAKEN);
}

/* All that the parent may send, at any time. */
static const struct chan_rule parent_rules[] = {
	PROC_RULES,
	{ MSG_PEER,		lsnrpop_peer },
	{ MSG_SESSION_OPEN,	authreq_open },
	{ MSG_SESSION_REFUSE,	authreq_refuse },
	{ MSG_SESSION_ROUTE,	authreq_route },
	{ MSG_SESSION_OVER,	client_over },
	{ MSG_SESSION_KICK,	client_kick },
	{ MSG_STOP,		lsnrpop_stop },
	{ MSG_ASK,		asked_parent },
	{ MSG_DRAIN,		lsnrpop_drain },
	{ 0,			NULL }
};

int
main(int argc, char *argv[])
{
	proc_version(argc, argv, "lsnrpop");
	proc_start("lsnrpop", parent_rules);
	client_init();
	accept_init();
	chan_on_lost(proc_parent(), authreq_lost);
	lsnrconf_init();
	tlsio_init();

	proc_drop(argc, argv);
	/* No files from here on, */
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/*
	 * and no sockets but those open or received: inet for accept(2),
	 * recvfd for sockets, certificates and workers' streams.
	 */
	if (pledge("stdio inet recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
