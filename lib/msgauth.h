/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Checks of passwords: part of msg.h, which includes it.
 */

#ifndef MSGAUTH_H
#define MSGAUTH_H

/* How a client authenticates. */
enum auth_method {
	AUTH_PASSWORD,			/* USER and PASS, SASL PLAIN */
	AUTH_APOP,			/* by an MD5 digest: secret.h */
	AUTH_CRAM,			/* the same, in CRAM-MD5 */
	AUTH_METHODS
};

/* For MSG_AUTH_CHECK. */
struct msg_auth_check {
	struct session_id mac_id;
	struct source	 mac_source;
	uint32_t	 mac_method;	/* enum auth_method */
	uint32_t	 mac_purpose;	/* enum auth_purpose */
	uint8_t		 mac_salt[BOND_SALT];	/* of mw_bond */
	char		 mac_user[USER_MAX];
	char		 mac_pass[PASS_MAX];	/* APOP, CRAM: the client's
						   half: secret.h */
};

/*
 * For MSG_AUTH_TICKET: what a proxy gets in place of the secret of a digest,
 * sent before the parent is told.
 */
struct msg_auth_ticket {
	struct session_id ati_id;
	char		 ati_text[TICKET_TEXT + 1];
};

/* For MSG_AUTH_EPOCH: the start of a listener's challenges (stamp.h). */
struct msg_auth_epoch {
	char		 ec_text[STAMP_EPOCH + 8];
};

/* For MSG_CHECK. */
struct msg_check {
	struct session_id mk_id;
	uint64_t	 mk_seq;
	uint32_t	 mk_method;	/* enum auth_method */
	uint16_t	 mk_looked;	/* 1: tabpop sends what it knows, too */
	uint16_t	 mk_cached;	/* 1: only the cache is asked */
	uint32_t	 mk_purpose;	/* enum auth_purpose */
	uint32_t	 mk_unused;
	uint8_t		 mk_salt[BOND_SALT];	/* as in msg_auth_check */
	uint8_t		 mk_tag[CACHE_TAG];	/* PASSWORD: see cache.h */
	char		 mk_user[USER_MAX];	/* as in msg_auth_check */
	char		 mk_pass[PASS_MAX];
};

enum auth_result {
	AUTH_ACCEPTED,
	AUTH_NO_USER,			/* not in authtab */
	AUTH_NO_MATCH,			/* in authtab, another password */
	AUTH_LOCKED,			/* in authtab with "*" or "!..." */
	AUTH_NO_HASH,			/* in authtab, nothing can match it */
	AUTH_DELAY,			/* correct, but too soon */
	AUTH_TEMP,			/* could not be checked now */
	AUTH_ELSEWHERE,			/* from a checker: ask tabpop first */
	AUTH_PROVING,			/* the same: a table process sees the
					   password, the result comes later */
	AUTH_RESULTS
};

/* For MSG_CHECKED. */
struct msg_checked {
	uint64_t	 mh_seq;
	uint32_t	 mh_result;	/* enum auth_result */
	uint32_t	 mh_unused;
	char		 mh_ticket[TICKET_TEXT + 1];	/* as ati_text, or "" */
};

/* For MSG_GRANT. */
struct msg_grant {
	struct session_id gn_id;
	uint8_t		 gn_bond[BOND_LEN];	/* of what was checked */
	char		 gn_user[USER_MAX];	/* lower-cased */
};

/* Milliseconds that a login waited for its check. */
struct msg_wait {
	uint32_t	 mwt_queued;	/* in all */
	uint32_t	 mwt_delayed;	/* of these, for failures */
};

/* For MSG_AUTH_OK. */
struct msg_auth_ok {
	struct session_id mo_id;
	struct msg_wait	 mo_wait;
	uint32_t	 mo_purpose;	/* enum auth_purpose */
	uint32_t	 mo_method;	/* enum auth_method, for the log */
	char		 mo_user[USER_MAX];	/* lower-cased */
};

/* For MSG_AUTH_BAD. */
struct msg_auth_bad {
	struct session_id mab_id;
	uint32_t	 mab_result;	/* enum auth_result, never ACCEPTED */
	uint32_t	 mab_unused;
	struct msg_wait	 mab_wait;
	char		 mab_user[USER_MAX];
};

/*
 * For MSG_AUTH_COUNT: a correct password that opened no session, which
 * login-delay does not count as a login.
 */
struct msg_auth_count {
	struct source	 mn_source;
	uint32_t	 mn_failed;	/* 1: count it as a failure */
	uint32_t	 mn_unused;
	char		 mn_user[USER_MAX];	/* lower-cased */
};

#endif
