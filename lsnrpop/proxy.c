/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The header on a proxy's socket.  Octets are peeked at, and read only as far
 * as they belong to the header: what follows is the client's, and TLS reads it
 * from the socket itself.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "client.h"
#include "proxy.h"
#include "proxyhdr.h"

/*
 * Peek at *seen octets, after those in cl_up.  Return 1; 0 if there are none
 * now; -1 at the end.
 */
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

/* Read octets that were peeked at. */
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
	int			 rv;

	if ((cl->cl_flags & CF_READABLE) == 0)
		return (PROXY_MORE);
	if ((rv = proxy_look(cl, &seen)) == 0)
		return (PROXY_MORE);
	if (rv == -1) {
		/* A connection without data is probably a health check. */
		*why = had > 0 ? "incomplete header" : NULL;
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
