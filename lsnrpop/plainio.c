/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A client's socket and its octets, without TLS.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "plainio.h"

#define DISCARD_PIECE	4096

/* The status for a call that returned -1. */
static enum tlsio_status
plainio_failed(enum tlsio_status want)
{
	return (errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? want :
	    TLSIO_ERROR);
}

enum tlsio_status
plainio_read(int fd, char *buf, size_t size, size_t *got)
{
	ssize_t	 n;

	*got = 0;
	n = recv(fd, buf, size, MSG_DONTWAIT);
	if (n == -1)
		return (plainio_failed(TLSIO_WANT_READ));
	*got = n;
	if (n == 0)
		return (TLSIO_EOF);
	/* A short read emptied the socket; if not, poll reports it again. */
	return (*got < size ? TLSIO_WANT_READ : TLSIO_OK);
}

enum tlsio_status
plainio_write(int fd, const char *buf, size_t len, size_t *done)
{
	ssize_t	 n;

	*done = 0;
	n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1)
		return (plainio_failed(TLSIO_WANT_WRITE));
	*done = n;
	return (*done < len ? TLSIO_WANT_WRITE : TLSIO_OK);
}

enum tlsio_status
plainio_discard(int fd)
{
	enum tlsio_status	 status = TLSIO_OK;
	char			 piece[DISCARD_PIECE];
	size_t			 got;
	int			 i;

	for (i = 0; i < PLAINIO_DISCARD_MAX / DISCARD_PIECE &&
	    status == TLSIO_OK; i++)
		status = plainio_read(fd, piece, sizeof(piece), &got);
	explicit_bzero(piece, sizeof(piece));
	return (status);
}
