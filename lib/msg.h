/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The messages between the processes of popd: the only list of them.  Each is
 * one imsg with a payload of fixed size; msg.c has, per type, that size,
 * whether a descriptor comes with it, and which fields are strings.  A process
 * handles a message by its own table (see chan.h).
 *
 * A new message touches: enum msg_type, with direction and payload; its struct,
 * named "For MSG_X", here or in a part of this header; union msg_payload; its
 * rule in msg.c; and the chan_rule tables of its receivers, which also say
 * which peer may send it.
 */

#ifndef MSG_H
#define MSG_H

#include <sys/types.h>
#include <stdint.h>

#include "certfacts.h"
#include "count.h"
#include "limits.h"
#include "log.h"
#include "lookmsg.h"
#include "setting.h"
#include "source.h"

enum msg_type {
	/*
	 * msg_version: child -> parent, the only message of a child that was
	 * told at its start (version.h) that its parent has another list.  Its
	 * number and its form never change, so that any parent understands it.
	 */
	MSG_VERSION = 1,

	/*
	 * popctl, over the control socket: one request, then answers.  Nor do
	 * these ever change: any popctl can have any popd upgraded.
	 */
	MSG_CONTROL,		/* msg_control: popctl -> parent */
	MSG_CONTROL_TEXT,	/* msg_text: parent -> popctl, a line to show */
	MSG_CONTROL_END,	/* msg_control_end: the same way, the last */

	/* any child -> parent */
	MSG_LOG,		/* msg_log: a line for the log */

	/*
	 * Configuration, one exchange for start, -n, reload and restart: parent
	 * -> child TRY, any number of FILE and NET, CHECK; the child reads and
	 * checks them and answers OK or BAD; after OK comes COMMIT, or its end.
	 */
	MSG_CONF_TRY,		/* msg_conf: parent -> child, begins a set */
	MSG_CONF_FILE,		/* msg_file + fd: one open file or socket */
	MSG_CONF_NET,		/* msg_net: a network with a meaning */
	MSG_CONF_CHECK,		/* no payload: the set is complete */
	MSG_CONF_OK,		/* no payload: child -> parent */
	MSG_CONF_BAD,		/* msg_text: child -> parent, file:line: why */
	MSG_CONF_COMMIT,	/* no payload: parent -> child, use it */

	/* parent -> child: a socket to another child (replaces an older one) */
	MSG_PEER,		/* msg_peer + fd */
	MSG_PEER_WANT,		/* msg_peer: child -> parent, its peer hung up
				   or does not answer (mp_gen 0: unknown) */

	/* Whether a child still serves its loop: parent -> child -> parent. */
	MSG_PING,		/* no payload */
	MSG_PONG,		/* no payload */
	MSG_COUNTS,		/* count_values: child -> parent, before PONG */
	MSG_STATS,		/* msg_stats: sums, parent -> popctl */

	MSG_STOP,		/* no payload: parent -> child, popd stops */
	MSG_DRAIN,		/* no payload: parent -> listener, stop
				   accepting; exit with the last connection */
	MSG_LISTEN_BAD,		/* no payload: listener -> parent, accept(2)
				   fails: open the sockets again */

	/* a login */
	MSG_SESSION_WANT,	/* msg_want: listener -> parent, a PASS came */
	MSG_AUTH_CHECK,		/* msg_auth_check: listener -> authpop */
	MSG_AUTH_CANCEL,	/* session_id: listener -> authpop */
	MSG_AUTH_TICKET,	/* msg_auth_ticket: authpop -> listener */
	MSG_AUTH_EPOCH,		/* msg_auth_epoch: the same way, the first */
	MSG_CHECK,		/* msg_check: authpop -> checker */
	MSG_CHECKED,		/* msg_checked: checker -> authpop */
	MSG_AUTH_OK,		/* msg_auth_ok: authpop -> parent, once */
	MSG_AUTH_BAD,		/* msg_auth_bad: authpop -> parent, once */
	MSG_GRANT,		/* msg_grant: checker -> parent, for each
				   ACCEPTED */
	MSG_AUTH_COUNT,		/* msg_auth_count: parent -> authpop, an AUTH_OK
				   opened no session */
	MSG_SESSION_OPEN,	/* session_id + fd: parent -> listener */
	MSG_SESSION_REFUSE,	/* msg_refuse: parent -> listener */
	MSG_SESSION_ROUTE,	/* msg_route: parent -> listener, to a WANT */
	MSG_SESSION_END,	/* msg_end: listener -> parent */
	MSG_SESSION_OVER,	/* session_id: parent -> listener, forget it */

	/* a worker */
	MSG_WORK,		/* msg_work: parent -> worker, the first */
	MSG_YIELD,		/* msg_yield: parent -> worker, any number */
	MSG_REPORT,		/* msg_report: worker -> parent, the last */
	MSG_QUIT,		/* no payload: worker -> parent, once, before
				   the answer to QUIT */
	MSG_KICK,		/* no payload: parent -> worker, end without
				   UPDATE */
	MSG_SESSION_KICK,	/* session_id: to its listener; client_kick() */

	MSG_CONTROL_POPD,	/* msg_control_popd: parent -> popctl */
	MSG_CONTROL_LISTEN,	/* msg_control_listen: the same way */
	MSG_CONTROL_PROCESS,	/* msg_control_process: the same way */
	MSG_CONTROL_LIMIT,	/* msg_control_limit: the same way */
	MSG_CONTROL_SESSION,	/* msg_control_session: the same way */

	/* Questions that the parent asks others for popctl. */
	MSG_ASK,		/* msg_ask: parent -> authpop or listener */
	MSG_ASK_SOURCE,		/* msg_ask_source: an answer, also parent ->
				   popctl at the end */
	MSG_ASK_CERT,		/* certfacts: the same */
	MSG_ASK_END,		/* msg_ask: no more answers */
	MSG_FORGIVE,		/* source: parent -> authpop */
	MSG_VERBOSE,		/* msg_verbose: parent -> child or worker */

	/* LMTP: the delivery process of a user, and its end of a stream. */
	MSG_DELIVERY_WANT,	/* msg_delivery_want: lmtppop -> parent */
	MSG_DELIVERY_KNOWN,	/* msg_delivery: parent -> lmtppop */
	MSG_DELIVERY_OPEN,	/* msg_delivery + fd: parent -> lmtppop */
	MSG_DELIVERY_SAME,	/* msg_delivery: same way, it has it already */
	MSG_DELIVERY_REFUSE,	/* msg_delivery_refuse: the same way */
	MSG_DELIVERY_END,	/* msg_delivery: lmtppop -> parent, closed */
	MSG_DELIVER,		/* msg_deliver: parent -> dlvrpop, the first */

	MSG_FORGET,		/* msg_user: parent -> checker, in its cache */

	/* table processes */
	MSG_TABLE,		/* msg_table + fd: parent -> tabpop, a new
				   process in place of a dead one */
	MSG_TABLE_WANT,		/* msg_table: tabpop -> parent, it is useless */
	MSG_LOOKUP,		/* msg_lookup: authpop -> tabpop */
	MSG_LOOKED,		/* msg_looked: tabpop -> authpop, once */
	MSG_GIVE,		/* msg_give: authpop -> tabpop, send the answer
				   to this check of this checker */
	MSG_HASH,		/* msg_hash: tabpop -> checker, once for each
				   GIVE and each PROVE */
	MSG_PROVE,		/* msg_prove: checker -> tabpop */
	MSG_USERINFO,		/* msg_userinfo: parent -> tabpop */
	MSG_USERINFO_IS,	/* msg_userinfo_is: tabpop -> parent, once */
	MSG_ROUTE_WANT,		/* msg_route_want: parent -> tabpop */
	MSG_ROUTE_IS,		/* msg_route_is: tabpop -> parent, once */

	MSG_MAX
};

/*
 * A session; no pair is used twice while popd runs.  As a payload: for
 * MSG_AUTH_CANCEL, MSG_SESSION_OPEN, MSG_SESSION_OVER and MSG_SESSION_KICK.
 */
struct session_id {
	uint64_t	 si_gen;	/* generation of the listener */
	uint64_t	 si_num;	/* counts up in each listener */
};

/* For MSG_VERSION. */
struct msg_version {
	uint32_t	 mv_protocol;	/* msg_protocol() of the child */
	uint32_t	 mv_unused;
};

#define MSG_TEXT_MAX	LOG_TEXT_MAX

/* For MSG_LOG. */
struct msg_log {
	uint32_t	 ml_level;	/* enum log_level */
	char		 ml_text[MSG_TEXT_MAX];
};

/* For MSG_CONF_BAD and MSG_CONTROL_TEXT. */
struct msg_text {
	char		 mtx_text[MSG_TEXT_MAX];
};

enum conf_flag {
	CONF_VERBOSE	= 0x01,		/* log at debug level */
	CONF_FIRST	= 0x02,		/* popd has no set in use yet */
	CONF_WARN	= 0x04,		/* log warnings about it, too: one
					   process of each role does */
	CONF_ALL	= 0x08,		/* log all errors but the last, which is
					   the answer */
	CONF_TRACE	= 0x10,		/* log each message, too */
	CONF_TELL	= 0x20		/* log what has changed, once used: one
					   child of each role does */
};

/* For MSG_CONF_TRY. */
struct msg_conf {
	uint32_t	 mc_flags;
	uint32_t	 mc_files;	/* number of MSG_CONF_FILE to come */
	uint64_t	 mc_gen;	/* generation of the receiving child */
	uint32_t	 mc_nets;	/* number of MSG_CONF_NET to come */
	uint32_t	 mc_sessions;	/* in all, and all of one listener */
	uint32_t	 mc_processes;	/* checker: bit n: table n of
					   credentials is a process */
	uint32_t	 mc_unauth;	/* of a listener, without a login */
	struct setting_values mc_settings;
};

enum file_kind {
	FILE_LISTEN,			/* a listening socket: lsnrpop */
	FILE_CERT,			/* PEM chain: lsnrpop, keypop */
	FILE_KEY,			/* PEM private key: keypop */
	FILE_AUTHTAB,			/* credentials: checker */
	FILE_USERTAB,			/* userbase: checker, only for -n */
	FILE_LMTP,			/* a listening socket: lmtppop */
	FILE_TABLE,			/* a table process: tabpop */
	FILE_KINDS
};

/* How to serve a listening socket. */
enum listen_flag {
	LISTEN_TLS	= 0x01,		/* TLS from the first octet on */
	LISTEN_STLS	= 0x02,		/* in clear, no login before STLS */
	LISTEN_CLEAR	= 0x04,		/* in clear, with login */
	LISTEN_PROXY	= 0x08,		/* a PROXY header comes first */
	LISTEN_TLS12	= 0x10,		/* TLS 1.2, too */
	LISTEN_HTTP	= 0x80,		/* no POP3: questions from nginx */
	LISTEN_LMTP	= 0x100		/* a Unix socket: receives mail */
};

/* What a table process is used for. */
enum table_flag {
	TABLE_CREDENTIALS = 0x01,
	TABLE_USERBASE	= 0x02,
	TABLE_ROUTE	= 0x04,
	TABLE_KEPT	= 0x08,		/* in use, unchanged: it may be down */
	TABLE_WHOLE	= 0x10		/* a file in place of another: it must
					   look complete */
};

/* For MSG_CONF_FILE. */
struct msg_file {
	uint32_t	 mf_kind;	/* enum file_kind */
	uint32_t	 mf_index;	/* FILE_CERT n and FILE_KEY n belong
					   together; FILE_AUTHTAB: its place in
					   the order; FILE_TABLE: its number */
	uint32_t	 mf_flags;	/* FILE_LISTEN: enum listen_flag;
					   FILE_TABLE: enum table_flag;
					   FILE_KEY: LISTEN_TLS12 if such a
					   socket uses its pair */
	uint32_t	 mf_unused;
	uint64_t	 mf_pairs;	/* FILE_LISTEN: bit n: uses FILE_CERT n,
					   lowest is default; FILE_TABLE: place
					   in credentials + 256 * place in
					   userbase */
	char		 mf_name[PATH_LEN_MAX];	/* for log lines */
	char		 mf_domain[DOMAIN_MAX];	/* FILE_LISTEN: for users
						   without one; or "" */
};

enum net_kind {
	NET_TRUST,			/* no limit per source */
	NET_PROXY,			/* may send PROXY headers, or ask for
					   others over HTTP */
	NET_KINDS
};

/* For MSG_CONF_NET. */
struct msg_net {
	uint32_t	 mnt_kind;	/* enum net_kind */
	uint32_t	 mnt_index;	/* NET_PROXY: of the FILE_LISTEN */
	struct source	 mnt_net;	/* its port is 0 */
	uint32_t	 mnt_bits;	/* significant bits of the address */
	uint32_t	 mnt_unused;
};

/* For MSG_STATS; gauges are summed over the children. */
struct msg_stats {
	struct count_values mst_values;
	uint64_t	 mst_start;	/* of popd, real time */
	uint32_t	 mst_sessions;
	uint32_t	 mst_sessions_max;
	uint32_t	 mst_waiting;	/* undecided logins */
	uint32_t	 mst_down;	/* missing children */
	uint32_t	 mst_deliveries;	/* delivery processes */
	uint32_t	 mst_unused;
};

/* The program that a process runs.  A checker is hashpop. */
enum role {
	ROLE_PARENT,
	ROLE_LISTENER,
	ROLE_KEY,
	ROLE_AUTH,
	ROLE_CHECKER,
	ROLE_LMTP,
	ROLE_TABLE,
	ROLE_WORKER,
	ROLE_DELIVERY,			/* like a worker, for LMTP */
	ROLE_MAX
};

/* For MSG_PEER and MSG_PEER_WANT. */
struct msg_peer {
	uint32_t	 mp_role;	/* enum role of the other end */
	uint32_t	 mp_unused;
	uint64_t	 mp_gen;	/* its generation */
};

#define TLS_NAME_MAX	64
#define SNI_MAX		256

/*
 * What a password is for.  Listener and authpop each say it, and the parent
 * does not take an answer to one for the other.
 */
enum auth_purpose {
	PURPOSE_SESSION,		/* a session here */
	PURPOSE_ROUTE,			/* the server of the mailbox */
	PURPOSES
};

/* The protocol of the client whose proxy asks for a route. */
enum mail_protocol { MAIL_POP3, MAIL_IMAP, MAIL_SMTP, MAIL_PROTOCOLS };

/* For MSG_SESSION_WANT. */
struct msg_want {
	struct session_id mw_id;
	struct source	 mw_source;
	struct source	 mw_local;	/* our end; version 0: unknown */
	struct source	 mw_proxy;	/* ROUTE: the proxy that asks */
	uint32_t	 mw_purpose;	/* enum auth_purpose */
	uint32_t	 mw_protocol;	/* ROUTE: enum mail_protocol */
	uint8_t		 mw_bond[BOND_LEN];	/* of what is sent to authpop:
						   bond.h */
	char		 mw_user[USER_MAX];	/* lower-cased */
	char		 mw_version[TLS_NAME_MAX];	/* "TLSv1.3", "none" */
	char		 mw_cipher[TLS_NAME_MAX];
	char		 mw_sni[SNI_MAX];	/* server name requested */
};

#include "msgauth.h"

enum refuse_reason {
	REFUSE_AUTH,			/* -ERR [AUTH], for any cause */
	REFUSE_DELAY,			/* -ERR [LOGIN-DELAY] */
	REFUSE_TEMP,			/* -ERR [SYS/TEMP] */
	REFUSE_PERM,			/* -ERR [SYS/PERM] */
	REFUSE_IN_USE,			/* -ERR [IN-USE], SESSIONS_PER_USER */
	REFUSE_LOCKED,			/* -ERR [SYS/PERM], correct password of
					   a user locked by popctl */
	REFUSE_REASONS
};

/* For MSG_SESSION_REFUSE. */
struct msg_refuse {
	struct session_id mr_id;
	uint32_t	 mr_reason;	/* enum refuse_reason */
	uint32_t	 mr_unused;
};

#include "msgroute.h"

/* Why a session ended, as seen by the listener. */
enum end_reason {
	END_DONE,			/* the worker closed the stream */
	END_CLIENT,			/* the client went away */
	END_IDLE,			/* IDLE_SECONDS passed */
	END_LOGIN_TIME,			/* LOGIN_SECONDS passed before login */
	END_ERROR,			/* TLS or socket error */
	END_REFUSED,			/* WANT without an OPEN */
	END_STUCK,			/* WORKER_SECONDS after CLIENT */
	END_REASONS
};

/* For MSG_SESSION_END. */
struct msg_end {
	struct session_id me_id;
	uint32_t	 me_reason;	/* enum end_reason */
	uint32_t	 me_unused;
};

/* For MSG_WORK. */
struct msg_work {
	struct session_id wk_id;
	struct source	 wk_other;	/* where another session came from */
	uint64_t	 wk_since;	/* its start; 0: no other session */
	uint32_t	 wk_verbose;	/* enum log_detail */
	uint32_t	 wk_home;	/* octets of wk_maildir before -e's */
	uint32_t	 wk_locks;	/* of mboxlock.h, for wk_mbox */
	uint32_t	 wk_unused;
	struct setting_values wk_settings;
	char		 wk_user[USER_MAX];
	char		 wk_maildir[PATH_LEN_MAX];
	char		 wk_mbox[PATH_LEN_MAX];	/* spool to empty; "": none */
};

/* For MSG_YIELD: another session of the user waits for the maildrop. */
struct msg_yield {
	uint64_t	 my_sent;	/* ms of CLOCK_MONOTONIC; it waits
					   LOCK_MILLISECONDS from then on */
};

enum report_reason {
	REPORT_QUIT,			/* UPDATE done completely */
	REPORT_QUIT_PARTLY,		/* UPDATE done, with failures */
	REPORT_EOF,			/* the client left without QUIT */
	REPORT_REFUSED,			/* PASS answered -ERR */
	REPORT_BAD_COMMANDS,
	REPORT_ERROR,			/* a read error or a damaged index */
	REPORT_GAVE_WAY,		/* to another session, without UPDATE */
	REPORT_REASONS
};

/* For MSG_REPORT. */
struct msg_report {
	uint64_t	 rp_messages;	/* retrieved whole */
	uint64_t	 rp_octets;	/* of those, as sent */
	uint64_t	 rp_tops;	/* answers to TOP */
	uint64_t	 rp_deleted;	/* unlinked after DELE */
	uint64_t	 rp_expired;	/* unlinked for their age */
	uint64_t	 rp_marked;	/* marked by DELE, not unlinked */
	uint64_t	 rp_left;
	uint32_t	 rp_reason;	/* enum report_reason */
	uint32_t	 rp_lock;	/* ms spent waiting for the maildrop */
	uint32_t	 rp_index;	/* the index sufficed */
	uint32_t	 rp_moved;	/* from a spool, at login */
};

#include "msgcontrol.h"
#include "msgdelivery.h"

/* For MSG_FORGET. */
struct msg_user {
	char		 mus_user[USER_MAX];	/* lower-cased */
};

/* For MSG_VERBOSE. */
struct msg_verbose {
	uint32_t	 vb_verbose;	/* enum log_detail */
	uint32_t	 vb_unused;
};

struct imsg;

/* Room for the payload of any message, with the alignment of all. */
union msg_payload {
	struct msg_version	 version;
	struct msg_log		 log;
	struct msg_text		 text;
	struct msg_conf		 conf;
	struct msg_file		 file;
	struct msg_net		 net;
	struct count_values	 counts;
	struct msg_stats	 stats;
	struct msg_peer		 peer;
	struct msg_want		 want;
	struct msg_auth_check	 auth_check;
	struct msg_auth_ticket	 auth_ticket;
	struct msg_auth_epoch	 auth_epoch;
	struct msg_check	 check;
	struct msg_checked	 checked;
	struct msg_grant	 grant;
	struct msg_auth_ok	 auth_ok;
	struct msg_auth_bad	 auth_bad;
	struct msg_auth_count	 auth_count;
	struct msg_refuse	 refuse;
	struct msg_route	 route;
	struct msg_end		 end;
	struct msg_work		 work;
	struct msg_yield	 yield;
	struct msg_report	 report;
	struct msg_control	 control;
	struct msg_control_popd	 control_popd;
	struct msg_control_listen control_listen;
	struct msg_control_process control_process;
	struct msg_control_limit control_limit;
	struct msg_control_session control_session;
	struct msg_control_end	 control_end;
	struct msg_ask		 ask;
	struct msg_ask_source	 ask_source;
	struct certfacts	 ask_cert;
	struct source		 source;
	struct msg_verbose	 verbose;
	struct msg_delivery_want delivery_want;
	struct msg_delivery	 delivery;
	struct msg_delivery_refuse delivery_refuse;
	struct msg_deliver	 deliver;
	struct msg_user		 user;
	struct msg_table	 table;
	struct msg_lookup	 lookup;
	struct msg_looked	 looked;
	struct msg_give		 give;
	struct msg_hash		 hash;
	struct msg_prove	 prove;
	struct msg_userinfo	 userinfo;
	struct msg_userinfo_is	 userinfo_is;
	struct msg_route_want	 route_want;
	struct msg_route_is	 route_is;
	struct session_id	 id;
};

/*
 * Check a received message against the list and copy its payload: the type is
 * known, the payload has exactly its size, every string ends within its field
 * and every enum is in range.  Return NULL, or a constant text that says what
 * is wrong.  The descriptor is left alone: the receiver takes it with
 * imsg_get_fd() and compares with msg_has_fd().
 */
const char	*msg_check(struct imsg *, union msg_payload *);

/* Return the name of a type for log lines, "?" if it is unknown. */
const char	*msg_name(uint32_t);

/* Return the size of a type's payload in octets; 0 without payload. */
size_t		 msg_size(uint32_t);

/* Return whether messages of this type carry a descriptor. */
int		 msg_has_fd(uint32_t);

/* Return the session named in a payload of this type, or NULL. */
const struct session_id *msg_session(uint32_t, const void *);

/*
 * Return a number for this list: programs with equal numbers understand each
 * other.  It is computed from the text of the protocol headers, without
 * comments (see the Makefile), and from the sizes of all messages.
 */
uint32_t	 msg_protocol(void);

/* Return the name of a role for log lines: "lsnrpop", "authpop", ... */
const char	*msg_role_name(uint32_t);

/* Write a session's name in log lines, such as "7.19", into buf; return buf. */
#define SESSION_NAME_MAX	44
char		*msg_session_name(const struct session_id *, char *, size_t);

#endif
