/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One connection of a client, from accept to close: its states and its turns.
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

enum client_state {
	CLIENT_PROXY,		/* the header of a proxy comes first */
	CLIENT_HANDSHAKE,
	CLIENT_STLS,		/* the answer to STLS leaves in clear */
	CLIENT_COMMAND,		/* AUTHORIZATION, commands are read */
	CLIENT_WAIT,		/* PASS came, its answer has not */
	CLIENT_RELAY,		/* a worker has it */
	CLIENT_CLOSING,		/* what is left goes to the client, then end */
	CLIENT_LINGER		/* closed by us; the client's rest is read */
};

#define CF_READABLE	0x0001	/* clientio_fill() may bring something */
#define CF_WRITABLE	0x0002	/* clientio_send() may get rid of something */
#define CF_EOF		0x0004	/* the client sends no more */
#define CF_MUTE		0x0008	/* the client cannot be written to */
#define CF_FULL		0x0010	/* stream: takes no more now */
#define CF_STREAM	0x0020	/* stream: may have something to read */
#define CF_STREAM_EOF	0x0040	/* stream: closed by the worker */
#define CF_SHUT		0x0080	/* stream: nothing more goes to the worker */
#define CF_HUSHED	0x0100	/* stream: the worker knows of CF_MUTE */
#define CF_QUEUED	0x0200	/* for another turn */
#define CF_LINGER	0x0400	/* the client may still be sending at the end */
#define CF_NOTIFIED	0x0800	/* TLS: close_notify was written */
#define CF_CHOSEN	0x1000	/* handshake: it is its turn */
#define CF_SIGNED	0x2000	/* handshake: it needs no more signature */
#define CF_SESSION	0x4000	/* it counts as a session */
#define CF_TAIL		0x8000	/* it did, and has still its stream */

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
	int64_t			 cl_came;	/* ms of client_clock() */
	uint64_t		 cl_asked;	/* latency.c: us; 0: not now */
	struct source		 cl_source;
	struct source		 cl_local;	/* where it came to, if known */
	struct session_id	 cl_id;		/* si_num 0: not the parent's */
	struct tlsio_server	*cl_server;	/* NULL: no TLS here */
	char			*cl_domain;	/* of users who name none, or
						   NULL */
	struct tlsio		*cl_tls;	/* NULL: none yet */
	struct authstate	 cl_auth;
	struct authhttp		*cl_http;	/* NULL: it speaks POP3 */
	struct buf		 cl_up;		/* from the client */
	struct buf		 cl_down;	/* to the client */
	struct event		 cl_client_in, cl_client_out;
	struct event		 cl_stream_in, cl_stream_out;
	int			 cl_socket;
	int			 cl_stream;	/* -1: no worker */
	int			 cl_pending;	/* the same, until the client
						   confirms it */
	uint32_t		 cl_listen;	/* enum listen_flag */
	uint16_t		 cl_flags;
	uint8_t			 cl_state;	/* enum client_state */
	uint8_t			 cl_events;	/* that are registered */
	uint8_t			 cl_deadline;	/* enum deadline */
	uint8_t			 cl_reason;	/* enum end_reason */
	uint8_t			 cl_read_want;	/* of tlsio, if not readable */
	uint8_t			 cl_write_want;
};

void	 client_init(void);

/* How many connections there may be in all, from now on. */
void	 client_limit(unsigned int);

/* Whether a client may log in with its certificate, from now on. */
void	 client_external(int);

/*
 * A connection from an address that may send no PROXY header: told to the
 * log, and nothing else.
 */
void	 client_stray(const struct source *);

/*
 * A connection was accepted from this listening socket; fd is the client's
 * from now on.  If that makes too many without a login one of these ends,
 * perhaps this one.  -1: no memory, and fd is closed.
 */
int	 client_new(const struct accept_socket *, int fd,
	    const struct source *);

/*
 * Its proxy says that it comes from there: it counts as that.  0, or 1: it
 * has to go, as there are too many of that source; -1: no memory.
 */
int	 client_behind(struct client *, const struct source *);

/* Milliseconds of a clock that never goes back. */
int64_t	 client_clock(void);

/* Do what can be done now; the client may be gone after this. */
void	 client_turn(struct client *);

/* Whether there is room for one more with a login. */
int	 client_room(void);

/* For authreq.c: a worker was opened; fd is the client's from now on. */
void	 client_opened(struct client *, int);

/*
 * For authreq.c: PASS is answered with this; it ends the connection too if the
 * client has been refused too often, for whatever reason.
 */
void	 client_refused(struct client *, const char *);

/*
 * For authreq.c: the parent has forgotten this session, whose worker is gone.
 * Its client may still get what is on its way, but has no login any more.
 */
void	 client_over(const struct session_id *);

/*
 * An admin ends this session: the first time its worker has the last word, if
 * its client takes it; the second time it is closed.
 */
void	 client_kick(const struct session_id *);

/*
 * popd stops: who has no login is told so, and goes.  Sessions go on until
 * their workers end.
 */
void	 client_stop(void);

/* No more will be accepted: exit 0 with the last of those that there are. */
void	 client_drain(void);

#endif
