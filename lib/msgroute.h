/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Where mailboxes are served: a part of msg.h, which includes it.
 */

#ifndef MSGROUTE_H
#define MSGROUTE_H

/* For MSG_SESSION_ROUTE: where the mailbox of a user is served. */
struct msg_route {
	struct session_id mu_id;
	struct source	 mu_host;	/* address and port */
	char		 mu_user[USER_MAX];	/* lower-cased */
};

/* For MSG_ROUTE_WANT: the table process of route is to say it. */
struct msg_route_want {
	struct session_id rw_id;
	uint32_t	 rw_protocol;	/* enum mail_protocol */
	uint32_t	 rw_unused;
	char		 rw_user[USER_MAX];	/* lower-cased */
};

struct msg_route_is {
	struct session_id ri_id;
	uint32_t	 ri_result;	/* enum look_result, never PROVE */
	uint32_t	 ri_unused;
	struct source	 ri_host;	/* FOUND: address and port */
};

#endif
