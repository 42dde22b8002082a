/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * lsnrpop: faces the network.  Speaks TLS 1.3 and the AUTHORIZATION state
 * with clients, and relays between them and their workers.  It holds no
 * secret but what is passing through it, and can open nothing.
 *
 * A byte's way: accept.c, client.c, clientio.c, tlsio.c, then authstate.c
 * before login and relay.c after it; login.c is between the two.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <unistd.h>

#include "accept.h"
#include "chan.h"
#include "client.h"
#include "conf.h"
#include "keysign.h"
#include "log.h"
#include "login.h"
#include "msg.h"
#include "peerloss.h"
#include "proc.h"
#include "tlsio.h"

static const char *
lsnrpop_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*peer = data;

	peerloss_have(peer);
	switch (peer->mp_role) {
	case ROLE_AUTH:
		login_peer(fd);
		return (NULL);
	case ROLE_KEY:
		keysign_peer(fd);
		return (NULL);
	default:
		close(fd);
		return ("not a peer of a listener");
	}
}

/* When the last session has ended the parent ends us. */
static const char *
lsnrpop_stop(void *arg, const void *data, int fd)
{
	accept_close();
	client_stop();
	return (NULL);
}

/* All that the parent may send, whenever it likes. */
static const struct chan_rule parent_rules[] = {
	{ MSG_CONF_TRY,		conf_try },
	{ MSG_CONF_FILE,	conf_file },
	{ MSG_CONF_CHECK,	conf_check },
	{ MSG_CONF_COMMIT,	conf_commit },
	{ MSG_CONF_ABORT,	conf_abort },
	{ MSG_PEER,		lsnrpop_peer },
	{ MSG_SESSION_OPEN,	login_open },
	{ MSG_SESSION_REFUSE,	login_refuse },
	{ MSG_STOP,		lsnrpop_stop },
	{ 0,			NULL }
};

int
main(int argc, char *argv[])
{
	struct chan	*parent;

	proc_start("lsnrpop");
	tlsio_init();
	if (event_init() == NULL)
		fatalx("cannot initialise libevent");
	accept_prepare();
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

	parent = proc_channel(parent_rules);
	client_init();
	accept_init(parent);
	login_init(parent);
	peerloss_init(parent);
	conf_init(parent);
	event_dispatch();
	fatalx("the event loop ended");
}
