/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Sockets between two children, so that the parent need not carry what is
 * none of its business: passwords to authpop, requests to keypop.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "log.h"
#include "popd.h"

/* Who talks to whom, and nobody else does. */
static const struct {
	enum role	 a, b;
} pairs[] = {
	{ ROLE_LISTENER, ROLE_AUTH },
	{ ROLE_LISTENER, ROLE_KEY },
	{ ROLE_AUTH, ROLE_CHECKER }
};

static int
peers_belong(enum role x, enum role y)
{
	size_t	 i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((pairs[i].a == x && pairs[i].b == y) ||
		    (pairs[i].a == y && pairs[i].b == x))
			return (1);
	return (0);
}

/* Tell one child of its end of a socket to another. */
static void
peers_tell(struct child *c, const struct child *other, int fd)
{
	struct msg_peer	 mp;

	memset(&mp, 0, sizeof(mp));
	mp.mp_role = other->c_role;
	mp.mp_gen = other->c_gen;
	chan_send(c->c_chan, MSG_PEER, &mp, fd);
}

void
peers_connect(struct child *c)
{
	struct child	*other;
	int		 fds[2];

	TAILQ_FOREACH(other, child_all(), c_entry) {
		if (other->c_state != CHILD_READY || other->c_chan == NULL ||
		    !peers_belong(c->c_role, other->c_role))
			continue;
		/* Non-blocking: on Linux they could not change that. */
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0, fds) == -1) {
			log_warn("socket between %s and %s",
			    role_name(c->c_role), role_name(other->c_role));
			continue;
		}
		peers_tell(c, other, fds[0]);
		peers_tell(other, c, fds[1]);
	}
}
