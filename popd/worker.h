/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Workers, and the line in the log that ends a session.
 */

#ifndef WORKER_H
#define WORKER_H

#include "msg.h"

struct child;
struct session;
struct userinfo;
struct verdict;

/*
 * Start the worker of an authenticated session and hand its stream to the
 * listener.  Returns 0, or -1 with the reason for the client in *refuse and
 * the reason for the administrator logged.
 */
int		 worker_open(struct session *, const struct userinfo *,
		    enum refuse_reason *);

/*
 * A session of this user waits: ask his other ones, all but this one, to give
 * way.  One of them may have the maildrop and a client that is gone.
 */
void		 worker_yield(const char *, const struct session *);

/* A listener ended a session, or is gone. */
struct verdict	 worker_session_end(struct child *, const struct msg_end *);
void		 worker_listener_gone(const struct child *);

/*
 * An admin ends a session, without UPDATE: its worker and its listener are
 * told, and after LAST_SECONDS the listener closes it.
 */
void		 worker_kick(struct session *);

/* All open ones of a user.  How many. */
unsigned int	 worker_kick_user(const char *);

/* popd stops: every worker is told, and sessions end for that reason. */
void		 worker_stop_all(void);

#endif
