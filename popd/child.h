/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The processes that live as long as popd.
 */

#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stdint.h>

#include "bucket.h"
#include "childlog.h"
#include "count.h"
#include "msg.h"
#include "reap.h"

struct chan;

enum child_state {
	CHILD_NEW,			/* wants its first configuration */
	CHILD_TRYING,			/* got CONF_CHECK, has not answered */
	CHILD_AGREED,			/* answered CONF_OK or CONF_BAD */
	CHILD_READY,
	CHILD_GONE			/* its channel is closed; c_chan NULL */
};

#define CHILD_NAME_MAX	32

struct child {
	TAILQ_ENTRY(child) c_entry;
	enum role	 c_role;
	enum child_state c_state;
	int		 c_configured;	/* has a configuration in use */
	uint64_t	 c_gen;
	pid_t		 c_pid;
	char		 c_name[CHILD_NAME_MAX];	/* "program[pid]" */
	struct reap	 c_reap;
	struct chan	*c_chan;
	struct childlog	 c_log;
	struct bucket	 c_requests;	/* roles.c: that cost others work */
	uint64_t	 c_gauge[GAUGES];	/* roles.c: its last word */
	int64_t		 c_asked;	/* ping.c: ms, 0: it has answered */
	uint64_t	 c_last;	/* listener: highest session number */
	uint32_t	 c_wanted;	/* listener: waiting for auth */
	uint32_t	 c_sessions;	/* listener: with a worker */
};

TAILQ_HEAD(children, child);

struct children	*child_all(void);

/* Start one more process of a role.  0, or -1 and errno. */
int		 child_start(enum role);

/* The configured child of a generation or role; NULL if there is none. */
struct child	*child_of_gen(uint64_t);
struct child	*child_of_role(enum role);

/* No child ever had, or will have, a generation above this. */
uint64_t	 child_last_gen(void);

/*
 * End one that lies or does not answer; it stays in the list until it is
 * gone, then restart.c sees to its successor.
 */
void		 child_kill(struct child *, const char *);

/* Close the channels of all of a role, which ends them. */
void		 child_end_role(enum role);

/* popd stops: there are no successors any more. */
void		 child_stopping(void);

/* How a process ended, for people, into buf; returns buf. */
char		*child_status(int status, char *, size_t);

#endif
