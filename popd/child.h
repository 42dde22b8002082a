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
#include <time.h>

#include "bucket.h"
#include "childlog.h"
#include "config.h"
#include "count.h"
#include "msg.h"
#include "reap.h"

struct chan;
struct chan_rule;

/* A role of lasting children. */
struct child_role {
	const char		*ro_program;
	const char		*ro_argument;	/* or NULL */
	enum config_user	 ro_user;	/* whose account it has */
	const struct chan_rule	*ro_rules;	/* what it may say to us */
	unsigned int		 ro_patience;	/* seconds, see ping.h */
};

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
	int		 c_stranger;	/* is of another version, and ends */
	int		 c_answered;	/* a ping: it serves its loop */
	uint64_t	 c_gen;
	pid_t		 c_pid;
	time_t		 c_started;
	char		 c_name[CHILD_NAME_MAX];	/* "program[pid]" */
	struct reap	 c_reap;
	struct chan	*c_chan;
	struct childlog	 c_log;
	struct bucket	 c_requests;	/* roles.c: that cost others work */
	uint64_t	 c_gauge[GAUGES];	/* roles.c: its last word */
	uint64_t	 c_asking;	/* query.c: what, 0: it has answered */
	unsigned int	 c_rows;	/* of that answer */
	int64_t		 c_asked;	/* ping.c: ms, 0: it has answered */
	uint64_t	 c_last;	/* listener: highest session number */
	uint32_t	 c_wanted;	/* listener: waiting for auth */
	uint32_t	 c_sessions;	/* listener: with a worker */
};

TAILQ_HEAD(children, child);

/* What the rest of popd does when a child is lost. */
struct child_hooks {
	/* Its channel is closed; the state is that before. */
	void		(*ch_lost)(struct child *, enum child_state);
	/* Its process is gone, and with it the child. */
	void		(*ch_gone)(enum role, int configured);
	/* Whether its end with this status of wait(2) is no surprise. */
	int		(*ch_expected)(const struct child *, int status);
};

/* Before the first child: the table of roles, and who hears of losses. */
void		 child_roles(const struct child_role *);
void		 child_hook(const struct child_hooks *);

const struct child_role *child_role(enum role);

struct children	*child_all(void);

/* Start one more process of a role.  0, or -1 and errno. */
int		 child_start(enum role);

/* The configured child of a generation or role; NULL if there is none. */
struct child	*child_of_gen(uint64_t);
struct child	*child_of_role(enum role);

/* Generations begin after this one, those of another popd; before any child. */
void		 child_first_gen(uint64_t);

/* No child ever had, or will have, a generation above this. */
uint64_t	 child_last_gen(void);

/*
 * End one that lies or does not answer; it stays in the list until it is
 * gone, then restart.c sees to its successor.
 */
void		 child_kill(struct child *, const char *);

/* It is of another version: close its channel, without another line. */
void		 child_stranger(struct child *);

/* Close its channel, which ends it. */
void		 child_end(struct child *);

/*
 * popctl with the powers of a listener, under a generation of its own; it is
 * found by that and in no list.  The channel stays the caller's.  NULL, and
 * errno, if there is no memory.
 */
struct child	*child_guest(struct chan *);

/* It has gone, and its session with it; frees it. */
void		 child_guest_gone(struct child *);

/* Close the channels of all of a role, which ends them. */
void		 child_end_role(enum role);

/* popd stops: there are no successors any more. */
void		 child_stopping(void);

/* How a process ended, for people, into buf; returns buf. */
char		*child_status(int status, char *, size_t);

#endif
