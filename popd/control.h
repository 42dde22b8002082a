/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The control socket: popctl(8) comes in, one request a connection.  Only root
 * and the user who runs popd can open it.
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
#include "rollcall.h"

struct child;

enum control_reload {
	RELOAD_NONE,			/* it waits for none */
	RELOAD_ASKED,			/* another may be under way */
	RELOAD_BEGUN,			/* its own is under way */
	RELOAD_DONE			/* lines about it may still come */
};

/* A connection.  control.c makes and frees it; its request's file fills it. */
struct control {
	TAILQ_ENTRY(control) cn_entry;
	struct chan	*cn_chan;
	struct event	 cn_timer;	/* its time is over */
	int		 cn_requested;
	int		 cn_ended;	/* MSG_CONTROL_END was sent */
	struct msg_control cn_request;
	struct rollcall	 cn_round;	/* show sessions */
	int		 cn_rolling;
	int		 cn_stalled;	/* until what was sent has left */
	uint32_t	 cn_count;	/* rows so far */
	enum control_reload cn_reload;
	struct event	 cn_later;	/* order.c: reload and upgrade */
	int		 cn_asks;	/* waits for its turn in query.c */
	struct child	*cn_guest;	/* auth: it is a listener, or NULL */
};

/* What is done with a connection, by those who know what it asks for. */
struct control_hooks {
	void		(*co_request)(struct control *);
	void		(*co_later)(int, short, void *);	/* cn_later */
	void		(*co_drained)(struct control *);	/* cn_stalled */
	void		(*co_reloaded)(struct control *, int, const char *);
	/* popctl is a listener of one session: see order.c. */
	struct verdict	(*co_want)(struct child *, const struct msg_want *);
	struct verdict	(*co_over)(struct child *, const struct msg_end *);
	/* popd stops: the last moment for an answer. */
	void		(*co_stop)(struct control *);
	/* It is about to be freed. */
	void		(*co_forget)(struct control *);
};

void	 control_hook(const struct control_hooks *);

/* unveil(2) what control_open() will need.  0, or -1 and errno. */
int	 control_unveil(void);

/*
 * Make the socket, once popd serves.  It takes the place of one that nobody
 * answers at, or, after an upgrade, of that of the popd before; if somebody
 * else does, or it cannot be made, the log says so, and popd works without
 * it.
 */
void	 control_open(void);

/*
 * Another popd has followed this one, and has the path: from now on this one
 * is found there with a dot and its pid after it.
 */
void	 control_move(void);

/* It has the path, but did not come to serve: take that back. */
void	 control_return(void);

/* popd stops: nobody is heard any more, and the socket goes. */
void	 control_close(void);

/* Send one message of an answer. */
void	 control_send(struct control *, uint32_t, const void *);

/* Send a line for the admin. */
void	 control_text(struct control *, const char *, ...)
	    __attribute__((__format__ (printf, 2, 3)));

/* The answer is whole.  The text is empty, or says why. */
void	 control_end(struct control *, enum control_result, const char *, ...)
	    __attribute__((__format__ (printf, 3, 4)));

/* Give it so many seconds from now on. */
void	 control_patience(struct control *, unsigned int);

/*
 * Files are opened now, for all who have asked for a reload: they get the lines
 * of the log about it, and its end.
 */
void	 control_reload_begins(void);
void	 control_reload_line(int, const char *);
void	 control_reloaded(int ok, const char *why);

/* The connection whose turn to ask is next, see query.h; NULL: none. */
struct control *control_asker(void);

#endif
