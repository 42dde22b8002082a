/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One connection of a client, from accept to close: its states and turns.
 */

#ifndef CLIENT_H
#define CLIENT_H

#include <sys/types.h>
#include <sys/queue.h>
#include <event.h>
#include <stdint.h>
#include <time.h>

#include "authstate.h"
#include "buf.h"
#include "msg.h"
#include "source.h"
#include "tlsio.h"
#include "unauth.h"

struct accept_socket;
struct authhttp;
struct authreq_held;

enum client_state {
	CLIENT_PROXY,		/* expects a PROXY header */
	CLIENT_HANDSHAKE,
	CLIENT_STLS,		/* the reply to STLS is sent in clear */
	CLIENT_COMMAND,		/* AUTHORIZATION, reads commands */
	CLIENT_WAIT,		/* waits for the answer to PASS */
	CLIENT_RELAY,		/* in session, with a worker */
	CLIENT_CLOSING,		/* sends what is left, then closes */
	CLIENT_LINGER		/* closed here; drains client's input */
};

#define CF_READABLE	0x0001	/* clientio_fill() may get something */
#define CF_WRITABLE	0x0002	/* clientio_send() may send something */
#define CF_EOF		0x0004	/* the client sends no more */
#define CF_MUTE		0x0008	/* the client cannot be written to */
#define CF_FULL		0x0010	/* stream: not writable now */
#define CF_STREAM	0x0020	/* stream: may be readable */
#define CF_STREAM_EOF	0x0040	/* stream: closed by the worker */
#define CF_SHUT		0x0080	/* stream: shut for writing */
#define CF_STREAM_MUTE	0x0100	/* stream: the worker knows of CF_MUTE */
#define CF_QUEUED	0x0200	/* queued for another turn */
#define CF_LINGER	0x0400	/* the client may still send at the end */
#define CF_NOTIFIED	0x0800	/* TLS: close_notify was written */
#define CF_CHOSEN	0x1000	/* handshake: it is its turn */
#define CF_SIGNED	0x2000	/* handshake: needs no more signatures */
#define CF_SESSION	0x4000	/* counts as a session */
#define CF_TAIL		0x8000	/* was a session, still has its stream */

#define EV_CLIENT_IN	0x01	/* cl_events */
#define EV_CLIENT_OUT	0x02
#define EV_STREAM_IN	0x04
#define EV_STREAM_OUT	0x08

struct client {
	LIST_ENTRY(client)	 cl_all;
	TAILQ_ENTRY(client)	 cl_timed;	/* deadline.c */
	TAILQ_ENTRY(client)	 cl_queued;	/* for another turn */
	LIST_ENTRY(client)	 cl_waiting;	/* authreq.c */
	struct unauth		 cl_unauth;
	time_t			 cl_since;	/* deadline.c */
	int64_t			 cl_came;	/* monotime_ms() */
	struct authreq_held	*cl_held;	/* authreq.c; or NULL */
	struct source		 cl_source;
	struct source		 cl_local;	/* own address, if known */
	struct session_id	 cl_id;		/* si_num 0: unknown to
						   parent */
	struct tlsio_server	*cl_server;	/* NULL: no TLS here */
	char			*cl_domain;	/* default domain of users,
						   or NULL */
	struct tlsio		*cl_tls;	/* NULL: none yet */
	struct authstate	 cl_auth;
	struct authhttp		*cl_http;	/* NULL: it speaks POP3 */
	struct buf		 cl_up;		/* from the client */
	struct buf		 cl_down;	/* to the client */
	struct event		 cl_client_in, cl_client_out;
	struct event		 cl_stream_in, cl_stream_out;
	int			 cl_socket;
	int			 cl_stream;	/* -1: no worker */
	uint32_t		 cl_listen;	/* enum listen_flag */
	uint16_t		 cl_flags;
	uint8_t			 cl_state;	/* enum client_state */
	uint8_t			 cl_events;	/* registered events */
	uint8_t			 cl_deadline;	/* enum deadline */
	uint8_t			 cl_reason;	/* enum end_reason */
	uint8_t			 cl_answered;	/* by its worker */
	uint8_t			 cl_read_want;	/* of tlsio, if not readable */
	uint8_t			 cl_write_want;
};

void	 client_init(void);

/* Log a connection from an address that may not send PROXY headers. */
void	 client_unknown_proxy(const struct source *);

/*
 * Serve a connection accepted from this listening socket; fd is owned from now
 * on.  If there are too many without a login one of them ends, perhaps this
 * one.  Return -1: no memory, and fd is closed.
 */
int	 client_new(const struct accept_socket *, int fd,
	    const struct source *);

/*
 * Handlers of the parent's channel; see chan.h.  The parent has forgotten a
 * session, and its worker is gone: the client still gets buffered output but
 * no longer counts as a session.  An administrator ends a session: the first
 * time end its input, so that its worker has the last word; the second time
 * close it.
 */
struct verdict client_over(void *, const void *, int);
struct verdict client_kick(void *, const void *, int);

/*
 * popd stops: dismiss clients without a login.  Sessions end with their
 * workers.
 */
void	 client_stop(void);

/* Accept no more; exit 0 with the last client. */
void	 client_drain(void);

#endif
