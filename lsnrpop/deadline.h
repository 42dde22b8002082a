/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How long a connection may stay as it is.  Each kind of deadline is as many
 * seconds away for all, so the connections of a kind stand in a queue in the
 * order in which they are due, and one timer serves all of them.
 */

#ifndef DEADLINE_H
#define DEADLINE_H

struct client;

enum deadline {
	DEADLINE_NONE,
	DEADLINE_HANDSHAKE,	/* SETTING_HANDSHAKE, from accept */
	DEADLINE_LOGIN,		/* SETTING_LOGIN, from its end */
	DEADLINE_IDLE,		/* SETTING_IDLE, from the last octet */
	DEADLINE_MUTE,		/* MUTE_SECONDS, from what the worker took */
	DEADLINE_CLOSE,		/* CLOSE_SECONDS, from its last words */
	DEADLINE_KINDS
};

/*
 * A function to be called for each client that is due; it ends the client or
 * sets another deadline.
 */
void	 deadline_init(void (*)(struct client *));

/* Give a client a deadline from now on, instead of the one it has. */
void	 deadline_set(struct client *, enum deadline);

/* The seconds of the kinds may be others now, also for those who wait. */
void	 deadline_changed(void);

#endif
