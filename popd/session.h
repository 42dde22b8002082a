/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The sessions known to popd, wanted by a listener or open with a worker, by
 * id and by user.
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
	SESSION_OPEN,			/* has a worker and a listener */
	SESSION_LEFT,			/* the listener has ended it */
	SESSION_SERVED			/* the worker is gone */
};

/* The two keys to a mailbox; see login.c. */
enum session_key {
	KEY_QUEUE	= 0x01,		/* AUTH_OK of authpop */
	KEY_CHECKER	= 0x02,		/* GRANT of hashpop */
	KEY_BOTH	= 0x03
};

struct session {
	RB_ENTRY(session) s_by_id;
	RB_ENTRY(session) s_by_user;	/* unless WANTED */
	struct session_id s_id;
	struct source	 s_source;
	struct source	 s_local;	/* the address connected to */
	struct source	 s_proxy;	/* ROUTE: the proxy that asks */
	enum auth_purpose s_purpose;
	enum auth_method s_method;	/* valid with KEY_QUEUE */
	enum mail_protocol s_protocol;	/* ROUTE: spoken by the client */
	char		 s_version[TLS_NAME_MAX];	/* TLS version */
	char		*s_tls;		/* "tls=... cipher=... sni=..." */
	uint8_t		 s_bond[BOND_LEN];	/* what is checked: bond.h */
	unsigned int	 s_keys;	/* enum session_key */
	char		*s_user;	/* as named by the listener */
	enum session_state s_state;
	pid_t		 s_pid;		/* the worker, unless WANTED */
	char		 s_name[32];	/* "wrkrpop[pid]", unless WANTED */
	struct reap	 s_reap;	/* until SERVED */
	struct event	 s_late;	/* SERVED: awaits the listener's END */
	struct childlog	 s_log;
	struct chan	*s_chan;	/* to the worker; NULL once closed */
	int		 s_asking;	/* WANTED: tabpop is asked by userbase.c
					   or routes.c; s_late is the timeout */
	struct msg_wait	 s_wait;	/* time spent in its check */
	struct timespec	 s_since;	/* monotonic clock, at login */
	time_t		 s_login;	/* real time, at login */
	uint32_t	 s_end_reason;	/* enum end_reason, once LEFT */
	int		 s_reported;
	struct msg_report s_report;	/* once s_reported */
	int		 s_kicked;	/* ended by popctl */
	int		 s_quit;	/* QUIT is done, the report to come */
};

/*
 * Add a session in state WANTED.  Return NULL if out of memory or if the id
 * is taken.
 */
struct session	*session_new(const struct msg_want *);

/* Move a session to state OPEN: its worker has this pid. */
void		 session_working(struct session *, pid_t);

/* Remove a session, close its channel and free it. */
void		 session_free(struct session *);

/* Find a session by id, or return NULL. */
struct session	*session_find(const struct session_id *);

/* Return a session of this user that has or had a worker, or NULL. */
struct session	*session_of_user(const char *);

/* Return the next session of the same user, or NULL. */
struct session	*session_next_of_user(struct session *);

/* Walk all sessions by id; get the next one before freeing this one. */
struct session	*session_first(void);
struct session	*session_next(struct session *);

/* Return the first session with a higher id, or NULL. */
struct session	*session_after(const struct session_id *);

/*
 * Return the number of sessions of this user, and in busy those whose worker
 * has neither done QUIT nor reported; return the highest number of any user.
 */
unsigned int	 session_count_user(const char *, unsigned int *busy);
unsigned int	 session_count_most(void);

/* Return the number of sessions that have a worker. */
uint32_t	 session_count(void);

/*
 * Write "session=1.7 user="joe" source=192.0.2.1", the start of every log line
 * of a session, to buf.  Return buf.
 */
#define SESSION_TEXT_MAX	1024
#define SESSION_TITLE_MAX	(16 + LOG_QUOTE_MAX + SOURCE_TEXT_MAX)
char		*session_text(const struct session *, char *, size_t);

/* Write "wrkrpop: joe 192.0.2.1", the worker's title in ps(1); returns buf. */
char		*session_title(const struct session *, char *, size_t);

#endif
