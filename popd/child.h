/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The long-lived children.
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
	enum config_user	 ro_user;	/* whose account it has */
	const struct chan_rule	*ro_rules;	/* what it may say to us */
	unsigned int		 ro_patience;	/* seconds, see ping.h */
};

enum child_state {
	CHILD_NEW,			/* waits for its first configuration */
	CHILD_TRYING,			/* was sent CONF_CHECK */
	CHILD_AGREED,			/* answered CONF_OK */
	CHILD_READY,
	CHILD_GONE			/* channel closed; c_chan NULL */
};

#define CHILD_NAME_MAX	32

struct child {
	TAILQ_ENTRY(child) c_entry;
	enum role	 c_role;
	enum child_state c_state;
	int		 c_configured;	/* has a configuration in use */
	int		 c_judge;	/* see child_start() */
	int		 c_stranger;	/* another version; will end */
	int		 c_answered;	/* has answered a ping */
	uint64_t	 c_gen;
	pid_t		 c_pid;
	time_t		 c_started;
	char		 c_name[CHILD_NAME_MAX];	/* "program[pid]" */
	struct reap	 c_reap;
	struct chan	*c_chan;
	struct childlog	 c_log;
	struct bucket	 c_requests;	/* roles.c: that cost others time */
	uint64_t	 c_gauge[GAUGES];	/* roles.c: last report */
	uint64_t	 c_asking;	/* query.c: pending request, 0: none */
	unsigned int	 c_rows;	/* received for it */
	int64_t		 c_asked;	/* ping.c: when, in ms; 0: answered */
	uint64_t	 c_last;	/* listener: highest session number */
	uint32_t	 c_wanted;	/* listener: waiting for auth */
	uint32_t	 c_sessions;	/* listener: with a worker */
};

TAILQ_HEAD(children, child);

/* What the rest of popd does when a child is lost. */
struct child_hooks {
	/* Its channel is closed; the state is the one before that. */
	void		(*chh_lost)(struct child *, enum child_state);
	/* Its process is gone, and with it the child. */
	void		(*chh_gone)(enum role, int configured);
	/* Return whether an end with this wait(2) status is expected. */
	int		(*chh_expected)(const struct child *, int status);
};

/* Set the table of roles and the callbacks, before the first child. */
void		 child_roles(const struct child_role *);
void		 child_hook(const struct child_hooks *);

const struct child_role *child_role(enum role);

struct children	*child_all(void);

/*
 * Start a process of a role; or a judge, which only checks a set of files, is
 * in a list of its own, and ends by child_end().  Return NULL with errno.
 */
struct child	*child_start(enum role, int judge);
struct children	*child_judges(void);

/* Find a configured child by generation or role, or return NULL. */
struct child	*child_of_gen(uint64_t);
struct child	*child_of_role(enum role);

/* Number generations after those of an older popd; before the first child. */
void		 child_first_gen(uint64_t);

/* Return the highest generation so far, of any child ever started. */
uint64_t	 child_last_gen(void);

/*
 * Kill a child that lies or hangs, and log why.  It stays in the list until
 * reaped; then restart.c restarts it.
 */
void		 child_kill(struct child *, const char *);

/* The child is of another version: close its channel, log nothing. */
void		 child_stranger(struct child *);

/* Close its channel, which ends it. */
void		 child_end(struct child *);

/* Close the channels of all children of a role, which ends them. */
void		 child_end_role(enum role);

/* Shutdown: restart nothing. */
void		 child_stopping(void);

/* Describe a wait(2) status for the log in buf; returns buf. */
char		*child_status(int status, char *, size_t);

#endif
