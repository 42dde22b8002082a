/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * From the socket of a proxy to the header on it.  Octets are looked at
 * first and then taken as far as they belong to the header: what follows is
 * the client's, and TLS reads it from the socket itself.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "client.h"
#include "proxy.h"
#include "proxyhdr.h"

/* 1: so many octets were seen, at the end of cl_up; 0: none now; -1: end. */
static int
proxy_look(struct client *cl, size_t *seen)
{
	size_t	 room;
	ssize_t	 n;

	if ((room = buf_open(&cl->cl_up, BUF_SMALL)) == 0)
		return (-1);
	n = recv(cl->cl_socket, buf_end(&cl->cl_up), room,
	    MSG_DONTWAIT | MSG_PEEK);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		cl->cl_flags &= ~CF_READABLE;
		return (0);
	}
	*seen = n > 0 ? n : 0;
	return (n > 0 ? 1 : -1);
}

/* Take them; what was seen is still there. */
static int
proxy_take(struct client *cl, size_t octets)
{
	if (recv(cl->cl_socket, buf_end(&cl->cl_up), octets, MSG_DONTWAIT) !=
	    (ssize_t)octets)
		return (-1);
	buf_added(&cl->cl_up, octets);
	return (0);
}

enum proxy_status
proxy_read(struct client *cl, struct source *source, const char **why)
{
	enum proxyhdr_status	 status;
	size_t			 had = cl->cl_up.bf_len, seen, used;
	int			 look;

	if ((cl->cl_flags & CF_READABLE) == 0)
		return (PROXY_MORE);
	if ((look = proxy_look(cl, &seen)) == 0)
		return (PROXY_MORE);
	if (look == -1) {
		/* A bare connection is somebody's check that we are here. */
		*why = had > 0 ? "no whole header" : NULL;
		return (PROXY_FAILED);
	}
	status = proxyhdr_parse(buf_start(&cl->cl_up), had + seen, &used,
	    source);
	if (status == PROXYHDR_BAD || proxy_take(cl, used - had) == -1) {
		*why = "malformed header";
		return (PROXY_FAILED);
	}
	if (status == PROXYHDR_MORE) {
		cl->cl_flags &= ~CF_READABLE;
		return (PROXY_MORE);
	}
	buf_clear(&cl->cl_up);
	return (PROXY_DONE);
}
