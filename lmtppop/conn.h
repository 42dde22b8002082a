/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection: what its client sends, in order, and what it is answered.
 */

#ifndef CONN_H
#define CONN_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <event.h>
#include <stdint.h>
#include <time.h>

#include "envelope.h"

enum conn_state {
	CONN_COMMAND,			/* a line is next */
	CONN_RECIPIENT,			/* the parent is asked */
	CONN_DATA,			/* octets, up to a dot */
	CONN_CHUNK,			/* cn_chunk octets */
	CONN_VERDICT,			/* the processes are at it */
	CONN_CLOSING			/* the last words go out */
};

#define CONN_IN		16384

struct conn {
	TAILQ_ENTRY(conn)	 cn_entry;
	uint64_t		 cn_number;	/* for the log */
	int			 cn_fd;
	struct event		 cn_readable;
	struct event		 cn_writable;
	struct event		 cn_timer;
	struct event		 cn_news;	/* a letter has some */
	enum conn_state		 cn_state;
	time_t			 cn_heard;	/* of its client, monotonic */
	struct timespec		 cn_since;
	int			 cn_reads;	/* cn_readable is waited for */
	int			 cn_eof;
	int			 cn_greeted;	/* by LHLO */
	unsigned int		 cn_bad;	/* commands in a row */
	int			 cn_skip;	/* of a line that is too long */
	uint64_t		 cn_chunk;	/* octets to come */
	int			 cn_last;	/* it is the last one */
	int			 cn_void;	/* nobody is there to get it */
	struct envelope		 cn_message;
	struct rcpt	*cn_recipient;	/* RECIPIENT: this one */
	const char		*cn_why;	/* it ends, for the log */
	uint64_t		 cn_messages;	/* taken, for the log */
	uint64_t		 cn_delivered;	/* recipients */
	uint64_t		 cn_refused;
	uint64_t		 cn_octets;
	char			 cn_in[CONN_IN];
	size_t			 cn_off, cn_len;
	char			*cn_out;
	size_t			 cn_sent, cn_queued, cn_room;
};

/* One that was accepted; fd is owned.  -1: there is no memory. */
int		 conn_new(int);

/*
 * Whether there may be one more; one that has been silent gives way if need
 * be, as it does for one that gets no process.
 */
int		 conn_room(void);

/* One line to the client, without its end. */
void		 conn_reply(struct conn *, const char *);

/* That was the last word. */
void		 conn_end(struct conn *, const char *);

/*
 * No more than the transactions under way: whoever has none is told to go.
 * This process ends with the last connection.
 */
void		 conn_stop(void);

#endif
