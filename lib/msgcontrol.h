/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages between popd and popctl(8): part of msg.h, which includes it.
 */

#ifndef MSGCONTROL_H
#define MSGCONTROL_H

enum control_command {
	CONTROL_UPGRADE,		/* its number never changes */
	CONTROL_STATUS,
	CONTROL_SESSIONS,		/* of cq_user or cq_source, or all */
	CONTROL_SOURCES,		/* the cq_count worst */
	CONTROL_CERTIFICATES,
	CONTROL_KICK,			/* cq_id if that session exists,
					   otherwise those of cq_user */
	CONTROL_LOCK,			/* cq_user */
	CONTROL_UNLOCK,			/* cq_user */
	CONTROL_FORGIVE,		/* cq_source */
	CONTROL_RELOAD,
	CONTROL_LOG,			/* cq_count: enum log_detail */
	CONTROL_STATS,
	CONTROL_COMMANDS
};

/*
 * For MSG_CONTROL.  The parent parses nothing that an administrator types.  Its
 * size never changes, nor that of msg_control_end.
 */
struct msg_control {
	uint32_t	 cq_command;	/* enum control_command */
	uint32_t	 cq_count;
	struct session_id cq_id;
	struct source	 cq_source;	/* so_version 0: none */
	char		 cq_user[USER_MAX];	/* lower-cased; "": none */
};

/* For MSG_CONTROL_POPD.  All times here are seconds since 1970; 0 is none. */
struct msg_control_popd {
	uint64_t	 qd_since;
	uint32_t	 qd_pid;
	uint32_t	 qd_uid;
	uint32_t	 qd_verbose;	/* enum log_detail */
	uint32_t	 qd_locked;	/* users */
	char		 qd_version[32];
};

/* For MSG_CONTROL_LISTEN. */
struct msg_control_listen {
	uint32_t	 ql_flags;	/* enum listen_flag */
	uint32_t	 ql_unused;
	char		 ql_name[128];
};

enum process_state {
	PROCESS_UP,
	PROCESS_STARTING,		/* no configuration yet */
	PROCESS_ENDING,
	PROCESS_DOWN,			/* qp_since is the next start */
	PROCESS_STATES
};

/* For MSG_CONTROL_PROCESS. */
struct msg_control_process {
	uint32_t	 qp_role;	/* enum role */
	uint32_t	 qp_state;	/* enum process_state */
	uint32_t	 qp_pid;
	uint32_t	 qp_uid;
	uint64_t	 qp_since;
	uint32_t	 qp_restarts;	/* of the role, since popd started */
	uint32_t	 qp_sessions;	/* of a listener */
};

enum control_limit {
	LIMIT_SESSIONS,
	LIMIT_USER,			/* sessions of the user with most */
	LIMIT_WANTS,			/* undecided logins of the
					   listener with most */
	LIMIT_LOCKED,			/* users */
	LIMIT_DELIVERIES,		/* dlvrpop, for LMTP */
	LIMITS
};

/* For MSG_CONTROL_LIMIT. */
struct msg_control_limit {
	uint32_t	 qm_limit;	/* enum control_limit */
	uint32_t	 qm_most;
	uint32_t	 qm_used;
	uint32_t	 qm_unused;
};

/* For MSG_CONTROL_SESSION. */
struct msg_control_session {
	struct session_id qs_id;
	struct source	 qs_source;
	uint64_t	 qs_since;
	uint32_t	 qs_pid;
	uint32_t	 qs_unused;
	char		 qs_user[USER_MAX];
};

enum control_result {
	CONTROL_DONE,
	CONTROL_FAILED,
	CONTROL_BUSY,			/* not now */
	CONTROL_RESULTS
};

/* For MSG_CONTROL_END. */
struct msg_control_end {
	uint32_t	 qe_result;	/* enum control_result */
	uint32_t	 qe_count;	/* of rows shown or done */
	char		 qe_text[MSG_TEXT_MAX];	/* "", or the reason */
};

enum ask_what {
	ASK_SOURCES,
	ASK_CERTS,
	ASK_WHATS
};

/* For MSG_ASK and MSG_ASK_END. */
struct msg_ask {
	uint64_t	 ak_seq;
	uint32_t	 ak_what;	/* enum ask_what */
	uint32_t	 ak_most;	/* maximum of rows */
};

/* For MSG_ASK_SOURCE.  Each process knows some of the numbers. */
struct msg_ask_source {
	struct source	 aw_source;	/* IPv6: the /64 */
	uint32_t	 aw_failures;
	uint32_t	 aw_delay;	/* ms */
	uint32_t	 aw_unauth;	/* connections without a login */
	uint32_t	 aw_sessions;
};

#endif
