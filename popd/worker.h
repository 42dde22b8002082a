/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Workers, and the log line that ends a session.
 */

#ifndef WORKER_H
#define WORKER_H

#include "msg.h"

struct child;
struct session;
struct userinfo;
struct verdict;

/*
 * Start the worker of an authenticated session and pass its stream to the
 * listener.  Return 0, or -1 with the reason for the client in *refuse and
 * the one for the administrator logged.
 */
int		 worker_open(struct session *, const struct userinfo *,
		    enum refuse_reason *);

/*
 * A session of this user waits: ask the user's others, except this one, to
 * yield.  One may hold the maildrop for a client that is gone.
 */
void		 worker_yield(const char *, const struct session *);

/* A listener has ended a session, or is gone. */
struct verdict	 worker_session_end(struct child *, const struct msg_end *);
void		 worker_listener_gone(const struct child *);

/*
 * End a session without UPDATE: tell its worker and its listener, which closes
 * it after LAST_SECONDS.
 */
void		 worker_kick(struct session *);

/* End all open sessions of a user.  Return their number. */
unsigned int	 worker_kick_user(const char *);

/* Shutdown: tell every worker; sessions end for that reason. */
void		 worker_stop_all(void);

#endif
