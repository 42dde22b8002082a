/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS as steps that never wait.  Nothing else in the listener knows libtls,
 * but tlsio_server.c.
 */

#ifndef TLSIO_H
#define TLSIO_H

#include <stddef.h>
#include <stdint.h>

struct tlsio;
struct tlsio_server;

enum tlsio_status {
	TLSIO_OK,
	TLSIO_WANT_READ,	/* go on when the socket is readable */
	TLSIO_WANT_WRITE,	/* go on when the socket is writable */
	TLSIO_AGAIN,		/* go on in another turn: this one is used up */
	TLSIO_EOF,		/* reading: the peer sends no more */
	TLSIO_ERROR		/* this connection is of no more use */
};

/* Load the library with all it reads from files; fatal if that fails. */
void	 tlsio_init(void);

/* A connection on a socket, which stays the caller's. NULL: no memory. */
struct tlsio *tlsio_accept(struct tlsio_server *, int);

/* The socket has become readable: without this nothing is read. */
void	 tlsio_readable(struct tlsio *);

/* A turn begins: the library may take so many records as a turn has. */
void	 tlsio_begin(struct tlsio *);

/* OK when it is over. */
enum tlsio_status tlsio_handshake(struct tlsio *);

/*
 * Read until the buffer is full (OK) or the library wants more; *got octets
 * (0 or more) were put into it whatever the status is.
 */
enum tlsio_status tlsio_read(struct tlsio *, char *, size_t, size_t *);

/*
 * Write all (OK) or *done octets of it.  After a WANT the same octets must
 * come again (and may have moved), with or without more after them.  Nothing
 * has left before tlsio_send().
 */
enum tlsio_status tlsio_write(struct tlsio *, const char *, size_t, size_t *);

/* Write the close_notify.  The socket is not closed. */
enum tlsio_status tlsio_close(struct tlsio *);

/*
 * Give the socket what the library has written, in one call: to be called at
 * the end of each turn.  OK: all of it; *sent octets whatever the status is.
 */
enum tlsio_status tlsio_send(struct tlsio *, size_t *);

/* Octets that the library has written and the socket has not taken. */
size_t	 tlsio_unsent(const struct tlsio *);

/* Octets that came from the socket and the library has not taken. */
size_t	 tlsio_pending(const struct tlsio *);

/* Whether the input ended without a close_notify. */
int	 tlsio_truncated(const struct tlsio *);

/* Whether anything at all has come from the peer. */
int	 tlsio_touched(const struct tlsio *);

/* After the handshake; and why a step failed. */
const char *tlsio_version(const struct tlsio *);
const char *tlsio_cipher(const struct tlsio *);
const char *tlsio_name(const struct tlsio *);	/* by SNI; "": none */
const char *tlsio_reason(struct tlsio *);

/*
 * The name of the person in the certificate that the client has shown and the
 * handshake has verified (see certname_person()); -1 if there is none.
 */
int	 tlsio_person(struct tlsio *, char *, size_t);

/* Free, with what was not sent; the socket is not closed.  NULL is fine. */
void	 tlsio_free(struct tlsio *);

#endif
