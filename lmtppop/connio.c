/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Replies to a client.  See connio.h.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "connio.h"

void
connio_end(struct conn *cn, const char *why)
{
	if (cn->cn_state == CONN_CLOSING)
		return;
	cn->cn_why = why;
	cn->cn_state = CONN_CLOSING;
}

void
connio_say(struct conn *cn, const char *line)
{
	size_t	 len = strlen(line), need = cn->cn_queued + len + 2;
	char	*p;

	if (cn->cn_state == CONN_CLOSING)
		return;
	if (need > cn->cn_room) {
		if ((p = realloc(cn->cn_out, 2 * need)) == NULL) {
			connio_end(cn, "no-memory");
			return;
		}
		cn->cn_out = p;
		cn->cn_room = 2 * need;
	}
	memcpy(cn->cn_out + cn->cn_queued, line, len);
	memcpy(cn->cn_out + cn->cn_queued + len, "\r\n", 2);
	cn->cn_queued = need;
}

int
connio_flush(struct conn *cn)
{
	ssize_t	 n;

	while (cn->cn_sent < cn->cn_queued) {
		n = send(cn->cn_fd, cn->cn_out + cn->cn_sent,
		    cn->cn_queued - cn->cn_sent, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return (event_add(&cn->cn_writable, NULL));
		if (n == -1)
			return (-1);
		cn->cn_sent += (size_t)n;
	}
	cn->cn_sent = cn->cn_queued = 0;
	return (0);
}
