/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection: input of a client, in order, and the replies.
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
	CONN_COMMAND,			/* reads a command */
	CONN_RECIPIENT,			/* looks one up */
	CONN_DATA,			/* reads octets up to a dot */
	CONN_CHUNK,			/* reads cn_chunk octets */
	CONN_VERDICT,			/* waits for verdicts */
	CONN_CLOSING			/* sends its last reply */
};

#define CONN_IN		16384

struct conn {
	TAILQ_ENTRY(conn)	 cn_entry;
	uint64_t		 cn_number;	/* for the log */
	int			 cn_fd;
	uid_t			 cn_uid;	/* of the client */
	struct event		 cn_readable;
	struct event		 cn_writable;
	struct event		 cn_timer;
	struct event		 cn_news;	/* conn_turn() is due */
	enum conn_state		 cn_state;
	time_t			 cn_heard;	/* last reply or LMTP_STEP of
						   a message; monotonic */
	size_t			 cn_step;	/* octets since then */
	struct timespec		 cn_since;
	int			 cn_reads;	/* cn_readable is added */
	int			 cn_eof;
	int			 cn_greeted;	/* after LHLO */
	unsigned int		 cn_bad;	/* bad commands in a row */
	int			 cn_skip;	/* rest of a too long line */
	uint64_t		 cn_chunk;	/* octets to come */
	int			 cn_last;	/* last chunk */
	int			 cn_void;	/* no recipient for it */
	struct envelope		 cn_message;
	struct rcpt		*cn_recipient;	/* in state RECIPIENT */
	const char		*cn_why;	/* reason of its end */
	uint64_t		 cn_messages;	/* accepted */
	uint64_t		 cn_delivered;	/* recipients */
	uint64_t		 cn_refused;
	uint64_t		 cn_octets;
	char			 cn_in[CONN_IN];
	size_t			 cn_off, cn_len;
	char			*cn_out;
	size_t			 cn_sent, cn_queued, cn_room;
};

/*
 * Take over an accepted socket; without room another connection or this one is
 * closed.  Return 0, or -1 if out of memory.
 */
int		 conn_new(int);

/*
 * Shutdown: finish current transactions, dismiss all other clients, and exit
 * with the last connection.
 */
void		 conn_stop(void);

#endif
