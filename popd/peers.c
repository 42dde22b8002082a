/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Sockets between two children.  See peers.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "chan.h"
#include "child.h"
#include "log.h"
#include "peers.h"

/* Pairs of roles that are connected; no others are. */
static const struct {
	enum role	 a, b;
} pairs[] = {
	{ ROLE_LISTENER, ROLE_AUTH },
	{ ROLE_LISTENER, ROLE_KEY },
	{ ROLE_AUTH, ROLE_CHECKER },
	{ ROLE_AUTH, ROLE_TABLE },
	{ ROLE_CHECKER, ROLE_TABLE }
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

/* Send a child its end of a socket to another. */
static void
peers_tell(struct child *c, const struct child *other, int fd)
{
	struct msg_peer	 mp;

	memset(&mp, 0, sizeof(mp));
	mp.mp_role = other->c_role;
	mp.mp_gen = other->c_gen;
	chan_send(c->c_chan, MSG_PEER, &mp, fd);
}

/* Connect two children.  Return 0, or -1 if there is no socket. */
static int
peers_join(struct child *c, struct child *other)
{
	int	 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1) {
		log_warn("cannot connect %s to %s", c->c_name, other->c_name);
		return (-1);
	}
	peers_tell(c, other, fds[0]);
	peers_tell(other, c, fds[1]);
	return (0);
}

int
peers_connect(struct child *c)
{
	struct child	*other;

	TAILQ_FOREACH(other, child_all(), c_entry)
		if (other != c && other->c_configured &&
		    other->c_chan != NULL &&
		    peers_belong(c->c_role, other->c_role) &&
		    peers_join(c, other) == -1)
			return (-1);
	return (0);
}

struct verdict
peers_want(struct child *c, const struct msg_peer *mp)
{
	struct child	*other;
	int		 missed = 0;

	if (!peers_belong(c->c_role, mp->mp_role))
		return (LIE("not a peer of its role"));
	/*
	 * A dead peer is restarted and connected then.  If a socket fails, a
	 * listener asks again; a checker is useless without one and killed.
	 */
	TAILQ_FOREACH(other, child_all(), c_entry)
		if (other->c_role == mp->mp_role && other->c_configured &&
		    other->c_chan != NULL &&
		    (mp->mp_gen == 0 || mp->mp_gen == other->c_gen))
			missed |= peers_join(c, other);
	if (missed && c->c_role == ROLE_CHECKER)
		child_kill(c, "cannot be connected");
	return (TAKEN);
}
