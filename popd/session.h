/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The sessions that popd knows of: wanted by a listener, or open with a
 * worker.  Found by their id and their user.
 */

#ifndef SESSION_H
#define SESSION_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>
#include <sys/time.h>
#include <event.h>
#include <stdint.h>
#include <time.h>

#include "childlog.h"
#include "log.h"
#include "msg.h"
#include "reap.h"
#include "source.h"

struct chan;

enum session_state {
	SESSION_WANTED,			/* no worker yet */
	SESSION_OPEN,			/* worker and listener are at it */
	SESSION_LEFT,			/* the listener's side is over */
	SESSION_SERVED			/* the worker is gone */
};

/* Lines for removed messages: removals.h. */
enum session_audit {
	AUDIT_NONE,			/* they are not wanted */
	AUDIT_WANTED,
	AUDIT_WAITS			/* more are not wanted now */
};

struct session {
	RB_ENTRY(session) s_by_id;
	RB_ENTRY(session) s_by_user;	/* if it is not WANTED */
	struct session_id s_id;
	struct source	 s_source;
	struct source	 s_local;	/* where it came to */
	struct source	 s_proxy;	/* ROUTE: who asks */
	enum auth_purpose s_purpose;
	enum auth_method s_method;	/* once there is s_user */
	enum mail_protocol s_protocol;	/* ROUTE: of the client */
	char		 s_version[TLS_NAME_MAX];	/* of TLS */
	char		*s_tls;		/* "tls=... cipher=... sni=..." */
	char		*s_user;	/* NULL until it is authenticated */
	char		*s_cert;	/* by the name in a certificate, or
					   NULL: by a password */
	enum session_state s_state;
	pid_t		 s_pid;		/* the worker, if not WANTED */
	char		 s_name[32];	/* "wrkrpop[pid]", if not WANTED */
	struct reap	 s_reap;	/* until SERVED */
	struct event	 s_late;	/* SERVED: the listener has not said */
	struct childlog	 s_log;
	struct chan	*s_chan;	/* to the worker; NULL once closed */
	int		 s_asking;	/* WANTED: userbase.c, or for a ROUTE
					   routes.c, asks tabpop, with s_late
					   as its time */
	struct msg_wait	 s_wait;	/* of its check */
	struct timespec	 s_since;	/* monotonic clock, at login */
	time_t		 s_login;	/* real time, at login */
	uint32_t	 s_end_reason;	/* enum end_reason, once LEFT */
	TAILQ_ENTRY(session) s_auditing;	/* if s_audit is WAITS */
	enum session_audit s_audit;
	uint32_t	 s_audited;	/* removed messages in the log */
	int		 s_reported;
	struct msg_report s_report;	/* once s_reported */
	int		 s_kicked;	/* an admin wants it to end */
	int64_t		 s_told;	/* rollcall.c: ms, when s_doing came;
					   0: never */
	struct msg_doing s_doing;
};

/* A new one, wanted; NULL if there is no memory. */
struct session	*session_new(const struct msg_want *);

/* It has a worker now: it is OPEN. */
void		 session_working(struct session *, pid_t);

/* Forget it: closes its channel, frees all it owns. */
void		 session_free(struct session *);

/* The one with this id, NULL if there is none. */
struct session	*session_find(const struct session_id *);

/* A session of this user that has or had a worker, NULL if there is none. */
struct session	*session_of_user(const char *);

/* The next of the same user; NULL after the last. */
struct session	*session_next_of_user(struct session *);

/* All of them, in order of their ids; ask for the next before s is freed. */
struct session	*session_first(void);
struct session	*session_next(struct session *);

/* The first of those that come after this id; NULL if there is none. */
struct session	*session_after(const struct session_id *);

/*
 * How many this user has, of which so many have not made their last report;
 * and how many the one with most.
 */
unsigned int	 session_count_user(const char *, unsigned int *busy);
unsigned int	 session_count_most(void);

/* Sessions with a worker, in all. */
uint32_t	 session_count(void);

/*
 * "session=1.7 user="joe" source=192.0.2.1": what every line about a session
 * has in common; into buf, returns buf.
 */
#define SESSION_TEXT_MAX	1024
#define SESSION_TITLE_MAX	(16 + LOG_QUOTE_MAX + SOURCE_TEXT_MAX)
char		*session_text(const struct session *, char *, size_t);

/* "wrkrpop: joe 192.0.2.1": what ps(1) shows of its worker. */
char		*session_title(const struct session *, char *, size_t);

#endif
