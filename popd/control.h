/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The control socket of popctl(8), one request per connection.  Only root and
 * the user running popd may connect.
 */

#ifndef CONTROL_H
#define CONTROL_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <event.h>
#include <stdint.h>

#include "chan.h"
#include "msg.h"

struct session;

enum control_reload {
	RELOAD_NONE,			/* none requested */
	RELOAD_ASKED,			/* requested; waits for its turn */
	RELOAD_BEGUN,			/* under way */
	RELOAD_DONE			/* log lines of it may still follow */
};

/* A connection, owned by control.c and filled in by the request's file. */
struct control {
	TAILQ_ENTRY(control) cn_entry;
	struct chan	*cn_chan;
	struct event	 cn_timer;	/* timeout */
	int		 cn_requested;
	int		 cn_ended;	/* MSG_CONTROL_END sent */
	struct msg_control cn_request;
	struct session_id cn_last;	/* show sessions: the last one sent */
	int		 cn_stalled;	/* until the output has drained */
	uint32_t	 cn_count;	/* rows so far */
	enum control_reload cn_reload;
	struct event	 cn_later;	/* order.c: reload and upgrade */
	int		 cn_asks;	/* waits for its turn in query.c */
};

/* What is done with a connection; order.c knows its requests. */
struct control_hooks {
	void		(*cth_request)(struct control *);
	void		(*cth_later)(int, short, void *);	/* cn_later */
	void		(*cth_drained)(struct control *);	/* cn_stalled */
	void		(*cth_reloaded)(struct control *, int, const char *);
	/* Shutdown: answer while there is time. */
	void		(*cth_stop)(struct control *);
	/* The connection is about to be freed. */
	void		(*cth_forget)(struct control *);
};

/* Set them, before control_open(). */
void	 control_hook(const struct control_hooks *);

/* unveil(2) the paths of control_open().  Return 0, or -1 with errno. */
int	 control_unveil(void);

/*
 * Make the socket, once popd serves.  A stale socket, or after an upgrade that
 * of the previous popd, is replaced.  If another process listens there or the
 * socket cannot be made, log it and go on without.
 */
void	 control_open(void);

/*
 * The next popd has taken the path: bind a socket for this one at the path
 * with a dot and its pid appended.
 */
void	 control_move(void);

/* The next popd failed to start: take the path back. */
void	 control_return(void);

/* Shutdown: close all connections and remove the socket. */
void	 control_close(void);

/* Send one message of an answer; a line. */
void	 control_send(struct control *, uint32_t, const void *);
void	 control_line(struct control *, const char *);

/* End the answer; the text is empty, or the reason of a failure. */
void	 control_end(struct control *, enum control_result, const char *, ...)
	    __attribute__((__format__ (printf, 3, 4)));

/* Restart the connection's timeout, in seconds. */
void	 control_patience(struct control *, unsigned int);

/*
 * A reload begins, logs a line, ends: pass it on to the connections that have
 * requested it.
 */
void	 control_reload_begins(void);
void	 control_reload_line(int, const char *);
void	 control_reloaded(int ok, const char *why);

/* Return the next connection with a question for query.h, or NULL. */
struct control *control_asker(void);

#endif
