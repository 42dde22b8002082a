/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The places of mailboxes, servers and directories: part of msg.h, which
 * includes it.
 */

#ifndef MSGROUTE_H
#define MSGROUTE_H

/* For MSG_SESSION_ROUTE: the server of a user's mailbox. */
struct msg_route {
	struct session_id mu_id;
	struct source	mu_host;	/* address and port */
	char		mu_user[USER_MAX];	/* lower-cased */
};

/* For MSG_ROUTE_WANT: a question to the table process of `route'. */
struct msg_route_want {
	struct session_id rw_id;
	uint32_t	rw_protocol;	/* enum mail_protocol */
	uint32_t	rw_unused;
	char		rw_user[USER_MAX];	/* lower-cased */
};

/* For MSG_ROUTE_IS. */
struct msg_route_is {
	struct session_id ri_id;
	uint32_t	ri_result;	/* enum look_result, never PROVE */
	uint32_t	ri_unused;
	struct source	ri_host;	/* FOUND: address and port */
};

/* For MSG_USERINFO: of a session, or, with si_gen 0, of a mail recipient. */
struct msg_userinfo {
	struct session_id mui_id;
	char		mui_user[USER_MAX];	/* lower-cased */
};

/* For MSG_USERINFO_IS. */
struct msg_userinfo_is {
	struct session_id us_id;
	uint32_t	us_result;	/* enum look_result, never PROVE */
	uint32_t	us_place;	/* of the table, except with NONE */
	uint32_t	us_uid;
	uint32_t	us_gid;
	char		us_dir[PATH_LEN_MAX];
};

#endif
