/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One connection of a client, from accept to close.
 */

#ifndef SESSION_H
#define SESSION_H

#include <sys/types.h>
#include <sys/queue.h>
#include <event.h>
#include <stdint.h>
#include <time.h>

#include "authstate.h"
#include "bufpool.h"
#include "msg.h"
#include "source.h"
#include "tlsio.h"

enum session_state {
	SESSION_HANDSHAKE,
	SESSION_COMMAND,	/* AUTHORIZATION, commands are read */
	SESSION_WAIT,		/* PASS came, its answer has not */
	SESSION_RELAY,		/* a worker has it */
	SESSION_CLOSING,	/* what is left goes to the client, then end */
	SESSION_LINGER		/* closed by us; the client's rest is read */
};

#define SF_READABLE	0x0001	/* tlsio_read() may bring something */
#define SF_WRITABLE	0x0002	/* tlsio_write() may take something */
#define SF_EOF		0x0004	/* the client sends no more */
#define SF_MUTE		0x0008	/* the client cannot be written to */
#define SF_FULL		0x0010	/* stream: takes no more now */
#define SF_STREAM	0x0020	/* stream: may have something to read */
#define SF_STREAM_EOF	0x0040	/* stream: closed by the worker */
#define SF_SHUT		0x0080	/* stream: nothing more goes to the worker */
#define SF_COUNTED	0x0100	/* as unauthenticated, by its source */
#define SF_QUEUED	0x0200	/* for another turn */
#define SF_LINGER	0x0400	/* the client may still be sending at the end */

#define EV_CLIENT_IN	0x01	/* se_events */
#define EV_CLIENT_OUT	0x02
#define EV_STREAM_IN	0x04
#define EV_STREAM_OUT	0x08

struct session {
	TAILQ_ENTRY(session)	 se_timed;	/* deadline.c */
	TAILQ_ENTRY(session)	 se_queued;	/* for another turn */
	LIST_ENTRY(session)	 se_waiting;	/* login.c */
	time_t			 se_since;	/* deadline.c */
	struct source		 se_source;
	struct session_id	 se_id;		/* si_num 0: not the parent's */
	struct tlsio		*se_tls;
	struct authstate	 se_auth;
	struct buf		 se_up;		/* from the client */
	struct buf		 se_down;	/* to the client */
	struct event		 se_client_in, se_client_out;
	struct event		 se_stream_in, se_stream_out;
	int			 se_client;	/* sockets */
	int			 se_stream;	/* -1: no worker */
	uint16_t		 se_flags;
	uint8_t			 se_state;	/* enum session_state */
	uint8_t			 se_events;	/* that are registered */
	uint8_t			 se_deadline;	/* enum deadline */
	uint8_t			 se_reason;	/* enum end_reason */
	uint8_t			 se_read_want;	/* of tlsio, if not readable */
	uint8_t			 se_write_want;
};

void	 session_init(void);

/* Sessions in this process. */
unsigned int session_count(void);

/*
 * A connection was accepted; fd is the session's from now on, and its source
 * was counted.  -1: no memory, and all is still the caller's.
 */
int	 session_new(struct tlsio_server *, int, const struct source *);

/* Do what can be done now; the session may be gone after this. */
void	 session_turn(struct session *);

/* Close now, without another word to the client but TLS's own. */
void	 session_end(struct session *, enum end_reason);

/* For login.c: a worker was opened; fd is the session's from now on. */
void	 session_opened(struct session *, int);

/*
 * For login.c: PASS is answered with this; it ends the connection too if the
 * client has been refused too often, for whatever reason.
 */
void	 session_refused(struct session *, const char *);

/*
 * Steps that the states share.  Each does what it can without waiting and
 * returns 1 if something has moved.
 */
int	 session_fill(struct session *);	/* client -> se_up */
int	 session_flush(struct session *);	/* se_down -> client */

/* relay.c: one turn; 1: there may be more to do, without waiting. */
int	 relay_turn(struct session *);

/* relay.c: tell the worker that nobody gets its replies any more. */
void	 relay_mute(struct session *);

#endif
