/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Input and output of a client, and the events it waits for.
 */

#ifndef CLIENTIO_H
#define CLIENTIO_H

#include "tlsio.h"

struct client;

/* Set the function to call for a client whose socket is ready. */
void	 clientio_init(void (*)(struct client *));

/* Set the client's socket, without TLS; it is owned from now on. */
void	 clientio_open(struct client *, int);

/* Start a TLS handshake with the next octet.  Return -1: no memory. */
int	 clientio_secure(struct client *, struct tlsio_server *);

/* A turn begins: see tlsio_begin(). */
void	 clientio_begin(struct client *);

/* Set the stream of its worker, which is owned from now on. */
void	 clientio_stream(struct client *, int);

/* Close both, and wipe the buffers. */
void	 clientio_close(struct client *);

/*
 * Each does what it can without waiting.  Return 1 if something was
 * transferred.
 */
int	 clientio_fill(struct client *);	/* client -> cl_up */
int	 clientio_flush(struct client *);	/* cl_down -> TLS, or client */
int	 clientio_send(struct client *);	/* TLS -> client */

/* Return whether written octets have not been sent yet. */
int	 clientio_unsent(const struct client *);

/*
 * Discard all the client has sent, here and in the socket.  Return -1 if it
 * has closed or keeps sending.
 */
int	 clientio_discard(struct client *);

/* Write close_notify if there is TLS.  The socket is not closed. */
enum tlsio_status clientio_finish(struct client *);

/* Return whether the input ended without a close_notify of TLS. */
int	 clientio_truncated(const struct client *);

/*
 * Append a reply to cl_down.  Before login only: there is room, unless memory
 * is short; the client is then muted.
 */
void	 clientio_say(struct client *, const char *);

/* Register exactly the events the client waits for. */
void	 clientio_register(struct client *);

/* Send close_notify after everything else.  Return 1 when all has left. */
int	 clientio_notify(struct client *);

/* Read and discard input.  Return -1 when the client has closed. */
int	 clientio_linger(struct client *);

#endif
