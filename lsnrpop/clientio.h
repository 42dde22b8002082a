/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The octets of a client in and out, and the events that it waits for.
 */

#ifndef CLIENTIO_H
#define CLIENTIO_H

#include "tlsio.h"

struct client;

/* Who brings a client its next turn. */
enum waker {
	WAKER_NONE,		/* nobody: a fault of ours */
	WAKER_QUEUE,		/* the queue for another turn */
	WAKER_HANDSHAKE,	/* the queue for a signature */
	WAKER_CLIENT,		/* its socket */
	WAKER_STREAM,		/* its worker */
	WAKER_ANSWER		/* the answer to PASS */
};

/* A function to be called for each client of which a socket is ready. */
void	 clientio_init(void (*)(struct client *));

/* A socket, which is the client's from now on, without TLS. */
void	 clientio_open(struct client *, int);

/* A handshake from the next octet on that comes from there.  -1: no memory. */
int	 clientio_secure(struct client *, struct tlsio_server *);

/* A turn begins: see tlsio_begin(). */
void	 clientio_begin(struct client *);

/* The stream of its worker, which is the client's from now on. */
void	 clientio_stream(struct client *, int);

/* Close both, and forget what was to be read or written. */
void	 clientio_close(struct client *);

/*
 * What the states share.  Each does what it can without waiting and returns
 * 1 if something has moved.
 */
int	 clientio_fill(struct client *);	/* client -> cl_up */
int	 clientio_flush(struct client *);	/* cl_down -> TLS, or client */
int	 clientio_send(struct client *);	/* TLS -> client */

/* Whether something that was written has not left. */
int	 clientio_unsent(const struct client *);

/*
 * Throw away what the client has sent, be it here or still in the socket.  -1
 * if it sends no more, or does not stop sending.
 */
int	 clientio_discard(struct client *);

/*
 * Nothing more is written: says so where there is TLS.  The socket is not
 * closed.
 */
enum tlsio_status clientio_finish(struct client *);

/* Whether the input ended as by accident, without a close_notify of TLS. */
int	 clientio_truncated(const struct client *);

/* Put a reply into cl_down.  Before login only: there is room, or no memory. */
void	 clientio_say(struct client *, const char *);

/* Have just the events registered that the client waits for. */
void	 clientio_register(struct client *);

/*
 * Who will wake this connection?  Nobody, if something could be done now and
 * it is not queued for that, or if no event is registered.
 */
enum waker clientio_waker(const struct client *);

/* Say the end of TLS after all else.  1: all has left; 0: not yet. */
int	 clientio_notify(struct client *);

/* Read what the client still sends.  -1 when it has closed, too. */
int	 clientio_linger(struct client *);

#endif
