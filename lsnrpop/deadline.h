/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How long a connection may stay in a state.  All deadlines of a kind have the
 * same length, so the connections of a kind are queued in the order in which
 * they are due, and one timer serves them.
 */

#ifndef DEADLINE_H
#define DEADLINE_H

struct client;

enum deadline {
	DEADLINE_NONE,
	DEADLINE_HANDSHAKE,	/* SETTING_HANDSHAKE, from accept */
	DEADLINE_LOGIN,		/* SETTING_LOGIN, from the end of that */
	DEADLINE_IDLE,		/* SETTING_IDLE, from the last octet */
	DEADLINE_LEFT,		/* WORKER_SECONDS, the client sends no more */
	DEADLINE_MUTE,		/* MUTE_SECONDS, from the worker's last read */
	DEADLINE_CLOSE,		/* CLOSE_SECONDS, from the last reply */
	DEADLINE_KINDS
};

/*
 * Set the function to call for each client that is due; it ends the client or
 * sets another deadline.
 */
void	 deadline_init(void (*)(struct client *));

/* Replace a client's deadline, starting now. */
void	 deadline_set(struct client *, enum deadline);

/* Settings have changed; this applies to clients already queued. */
void	 deadline_changed(void);

#endif
