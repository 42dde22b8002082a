/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How long a session may stay as it is.  Each kind of deadline is always as
 * many seconds away, so the sessions of a kind stand in a queue in the order
 * in which they are due, and one timer serves all of them.
 */

#ifndef DEADLINE_H
#define DEADLINE_H

struct session;

enum deadline {
	DEADLINE_NONE,
	DEADLINE_LOGIN,		/* LOGIN_SECONDS, from accept */
	DEADLINE_IDLE,		/* IDLE_SECONDS, from the last octet */
	DEADLINE_MUTE,		/* MUTE_SECONDS, from what the worker took */
	DEADLINE_CLOSE,		/* for what a closing connection still does */
	DEADLINE_KINDS
};

#define CLOSE_SECONDS	5

/* expired is called for each session that is due, and ends it. */
void	 deadline_init(void (*)(struct session *));

/* Give a session a deadline from now on, instead of the one it has. */
void	 deadline_set(struct session *, enum deadline);

#endif
