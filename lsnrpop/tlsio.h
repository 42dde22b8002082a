/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS in steps that never wait.  Only this and tlsio_server.c know libtls.
 */

#ifndef TLSIO_H
#define TLSIO_H

#include <stddef.h>
#include <stdint.h>

struct tlsio;
struct tlsio_server;

enum tlsio_status {
	TLSIO_OK,
	TLSIO_WANT_READ,	/* continue when readable */
	TLSIO_WANT_WRITE,	/* continue when writable */
	TLSIO_AGAIN,		/* continue in another turn: this is used up */
	TLSIO_EOF,		/* reading: the peer sends no more */
	TLSIO_ERROR		/* the connection is broken */
};

/* Initialize the library with all it reads from files; fatal on error. */
void	 tlsio_init(void);

/*
 * Start TLS on a socket, which stays the caller's, as does the server: keep it
 * until tlsio_free().  Return NULL: no memory.
 */
struct tlsio *tlsio_accept(struct tlsio_server *, int);

/* The socket is readable; otherwise it is not read. */
void	 tlsio_readable(struct tlsio *);

/* Start a turn, with a new limit of records. */
void	 tlsio_begin(struct tlsio *);

/* Continue the handshake; OK when it is complete. */
enum tlsio_status tlsio_handshake(struct tlsio *);

/*
 * Read until the buffer is full (OK) or the library must wait; *got octets
 * were read, whatever the status.
 */
enum tlsio_status tlsio_read(struct tlsio *, char *, size_t, size_t *);

/*
 * Write all (OK) or *done octets.  After a WANT status pass the same octets
 * again (they may have moved), with or without more after them.  Nothing is
 * sent before tlsio_send().
 */
enum tlsio_status tlsio_write(struct tlsio *, const char *, size_t, size_t *);

/* Write the close_notify.  The socket is not closed. */
enum tlsio_status tlsio_close(struct tlsio *);

/*
 * Send what the library has written, in one call; call at the end of each
 * turn.  OK: all of it; *sent octets, whatever the status.
 */
enum tlsio_status tlsio_send(struct tlsio *, size_t *);

/* Return the octets written by the library but not sent. */
size_t	 tlsio_unsent(const struct tlsio *);

/* Return whether the input ended without a close_notify. */
int	 tlsio_truncated(const struct tlsio *);

/* Return whether anything was received from the peer. */
int	 tlsio_touched(const struct tlsio *);

/* About the connection, after the handshake; and why a step failed. */
const char *tlsio_version(const struct tlsio *);
const char *tlsio_cipher(const struct tlsio *);
const char *tlsio_name(const struct tlsio *);	/* from SNI; "": none */
const char *tlsio_reason(struct tlsio *);

/* Free it, with unsent output; the socket is not closed.  NULL is ignored. */
void	 tlsio_free(struct tlsio *);

#endif
