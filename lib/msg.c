/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The list of messages of msg.h, and the check of a message.
 */

#include <sys/types.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "imsg.h"
#include "msg.h"

/*
 * A field to be checked beyond the size of the whole payload.  Neither this nor
 * a rule holds a pointer: those are relocated, and each worker would have its
 * own copy of pages that all can share.  No payload has 64 KiB.
 */
struct field {
	uint16_t	 fl_offset;
	uint16_t	 fl_size;	/* of a string; 0: an enum */
	uint32_t	 fl_limit;	/* an enum is below this */
};

#define STRING(type, name)						\
	{ offsetof(struct type, name), sizeof(((struct type *)0)->name), 0 }
#define ENUM(type, name, limit)						\
	{ offsetof(struct type, name), 0, limit }
#define END	{ 0, 0, 0 }

/* The message carries a descriptor; its payload begins with a session_id. */
#define FD	0x01
#define ID	0x02

#define FIELDS_MAX	8
#define NAME_LEN_MAX	24

/* Frozen: see MSG_CONTROL. */
_Static_assert(sizeof(struct msg_control) == 304, "msg_control");
_Static_assert(sizeof(struct msg_control_end) == 1608, "msg_control_end");

static const struct msg_rule {
	char		 ru_name[NAME_LEN_MAX];	/* "": no such message */
	uint32_t	 ru_size;
	uint32_t	 ru_flags;
	struct field	 ru_fields[FIELDS_MAX];
} rules[MSG_MAX] = {
	[MSG_VERSION] = { "VERSION", sizeof(struct msg_version), 0, { END } },
	[MSG_LOG] = { "LOG", sizeof(struct msg_log), 0, {
	    ENUM(msg_log, ml_level, LOGL_DEBUG + 1),
	    STRING(msg_log, ml_text), END } },
	[MSG_CONF_TRY] = { "CONF_TRY", sizeof(struct msg_conf), 0, { END } },
	[MSG_CONF_FILE] = { "CONF_FILE", sizeof(struct msg_file), FD, {
	    ENUM(msg_file, mf_kind, FILE_KINDS),
	    STRING(msg_file, mf_name), STRING(msg_file, mf_domain),
	    END } },
	[MSG_CONF_NET] = { "CONF_NET", sizeof(struct msg_net), 0, {
	    ENUM(msg_net, mnt_kind, NET_KINDS), END } },
	[MSG_CONF_CHECK] = { "CONF_CHECK", 0, 0, { END } },
	[MSG_CONF_OK] = { "CONF_OK", 0, 0, { END } },
	[MSG_CONF_BAD] = { "CONF_BAD", sizeof(struct msg_text), 0, {
	    STRING(msg_text, mtx_text), END } },
	[MSG_CONF_COMMIT] = { "CONF_COMMIT", 0, 0, { END } },
	[MSG_PEER] = { "PEER", sizeof(struct msg_peer), FD, {
	    ENUM(msg_peer, mp_role, ROLE_MAX), END } },
	[MSG_PEER_WANT] = { "PEER_WANT", sizeof(struct msg_peer), 0, {
	    ENUM(msg_peer, mp_role, ROLE_MAX), END } },
	[MSG_PING] = { "PING", 0, 0, { END } },
	[MSG_PONG] = { "PONG", 0, 0, { END } },
	[MSG_COUNTS] = { "COUNTS", sizeof(struct count_values), 0, { END } },
	[MSG_STATS] = { "STATS", sizeof(struct msg_stats), 0, { END } },
	[MSG_STOP] = { "STOP", 0, 0, { END } },
	[MSG_DRAIN] = { "DRAIN", 0, 0, { END } },
	[MSG_LISTEN_BAD] = { "LISTEN_BAD", 0, 0, { END } },
	[MSG_SESSION_WANT] = { "SESSION_WANT", sizeof(struct msg_want), ID, {
	    ENUM(msg_want, mw_purpose, PURPOSES),
	    ENUM(msg_want, mw_protocol, MAIL_PROTOCOLS),
	    STRING(msg_want, mw_user), STRING(msg_want, mw_version),
	    STRING(msg_want, mw_cipher), STRING(msg_want, mw_sni), END } },
	[MSG_AUTH_CHECK] = { "AUTH_CHECK", sizeof(struct msg_auth_check), ID, {
	    ENUM(msg_auth_check, mac_method, AUTH_METHODS),
	    ENUM(msg_auth_check, mac_purpose, PURPOSES),
	    STRING(msg_auth_check, mac_user),
	    STRING(msg_auth_check, mac_pass), END } },
	[MSG_AUTH_CANCEL] = { "AUTH_CANCEL", sizeof(struct session_id), ID,
	    { END } },
	[MSG_AUTH_TICKET] = { "AUTH_TICKET", sizeof(struct msg_auth_ticket), ID,
	    { STRING(msg_auth_ticket, ati_text), END } },
	[MSG_AUTH_EPOCH] = { "AUTH_EPOCH", sizeof(struct msg_auth_epoch), 0, {
	    STRING(msg_auth_epoch, ec_text), END } },
	[MSG_CHECK] = { "CHECK", sizeof(struct msg_check), ID, {
	    ENUM(msg_check, mk_method, AUTH_METHODS),
	    ENUM(msg_check, mk_purpose, PURPOSES),
	    STRING(msg_check, mk_user), STRING(msg_check, mk_pass), END } },
	[MSG_CHECKED] = { "CHECKED", sizeof(struct msg_checked), 0, {
	    ENUM(msg_checked, mh_result, AUTH_RESULTS),
	    STRING(msg_checked, mh_ticket),
	    END } },
	[MSG_AUTH_OK] = { "AUTH_OK", sizeof(struct msg_auth_ok), ID, {
	    ENUM(msg_auth_ok, mo_purpose, PURPOSES),
	    ENUM(msg_auth_ok, mo_method, AUTH_METHODS),
	    STRING(msg_auth_ok, mo_user),
	    END } },
	[MSG_AUTH_BAD] = { "AUTH_BAD", sizeof(struct msg_auth_bad), ID, {
	    ENUM(msg_auth_bad, mab_result, AUTH_RESULTS),
	    STRING(msg_auth_bad, mab_user), END } },
	[MSG_GRANT] = { "GRANT", sizeof(struct msg_grant), ID, {
	    STRING(msg_grant, gn_user), END } },
	[MSG_AUTH_COUNT] = { "AUTH_COUNT", sizeof(struct msg_auth_count), 0, {
	    STRING(msg_auth_count, mn_user),
	    END } },
	[MSG_SESSION_OPEN] = { "SESSION_OPEN", sizeof(struct session_id),
	    FD | ID, { END } },
	[MSG_SESSION_REFUSE] = { "SESSION_REFUSE", sizeof(struct msg_refuse),
	    ID, { ENUM(msg_refuse, mr_reason, REFUSE_REASONS), END } },
	[MSG_SESSION_ROUTE] = { "SESSION_ROUTE", sizeof(struct msg_route), ID,
	    { STRING(msg_route, mu_user), END } },
	[MSG_SESSION_END] = { "SESSION_END", sizeof(struct msg_end), ID, {
	    ENUM(msg_end, me_reason, END_REASONS), END } },
	[MSG_SESSION_OVER] = { "SESSION_OVER", sizeof(struct session_id), ID,
	    { END } },
	[MSG_WORK] = { "WORK", sizeof(struct msg_work), ID, {
	    STRING(msg_work, wk_user), STRING(msg_work, wk_maildir),
	    STRING(msg_work, wk_mbox), END } },
	[MSG_YIELD] = { "YIELD", sizeof(struct msg_yield), 0, { END } },
	[MSG_REPORT] = { "REPORT", sizeof(struct msg_report), 0, {
	    ENUM(msg_report, rp_reason, REPORT_REASONS), END } },
	[MSG_QUIT] = { "QUIT", 0, 0, { END } },
	[MSG_KICK] = { "KICK", 0, 0, { END } },
	[MSG_SESSION_KICK] = { "SESSION_KICK", sizeof(struct session_id), ID,
	    { END } },
	[MSG_CONTROL] = { "CONTROL", sizeof(struct msg_control), 0, {
	    ENUM(msg_control, cq_command, CONTROL_COMMANDS),
	    STRING(msg_control, cq_user), END } },
	[MSG_CONTROL_POPD] = { "CONTROL_POPD",
	    sizeof(struct msg_control_popd), 0, {
	    STRING(msg_control_popd, qd_version), END } },
	[MSG_CONTROL_LISTEN] = { "CONTROL_LISTEN",
	    sizeof(struct msg_control_listen), 0, {
	    STRING(msg_control_listen, ql_name), END } },
	[MSG_CONTROL_PROCESS] = { "CONTROL_PROCESS",
	    sizeof(struct msg_control_process), 0, {
	    ENUM(msg_control_process, qp_role, ROLE_MAX),
	    ENUM(msg_control_process, qp_state, PROCESS_STATES), END } },
	[MSG_CONTROL_LIMIT] = { "CONTROL_LIMIT",
	    sizeof(struct msg_control_limit), 0, {
	    ENUM(msg_control_limit, qm_limit, LIMITS), END } },
	[MSG_CONTROL_SESSION] = { "CONTROL_SESSION",
	    sizeof(struct msg_control_session), 0, {
	    STRING(msg_control_session, qs_user), END } },
	[MSG_CONTROL_TEXT] = { "CONTROL_TEXT", sizeof(struct msg_text), 0, {
	    STRING(msg_text, mtx_text), END } },
	[MSG_CONTROL_END] = { "CONTROL_END", sizeof(struct msg_control_end),
	    0, { ENUM(msg_control_end, qe_result, CONTROL_RESULTS),
	    STRING(msg_control_end, qe_text), END } },
	[MSG_ASK] = { "ASK", sizeof(struct msg_ask), 0, {
	    ENUM(msg_ask, ak_what, ASK_WHATS), END } },
	[MSG_ASK_SOURCE] = { "ASK_SOURCE", sizeof(struct msg_ask_source), 0,
	    { END } },
	[MSG_ASK_CERT] = { "ASK_CERT", sizeof(struct certfacts), 0, {
	    STRING(certfacts, cx_file), STRING(certfacts, cx_names), END } },
	[MSG_ASK_END] = { "ASK_END", sizeof(struct msg_ask), 0, {
	    ENUM(msg_ask, ak_what, ASK_WHATS), END } },
	[MSG_FORGIVE] = { "FORGIVE", sizeof(struct source), 0, { END } },
	[MSG_VERBOSE] = { "VERBOSE", sizeof(struct msg_verbose), 0, { END } },
	[MSG_DELIVERY_WANT] = { "DELIVERY_WANT",
	    sizeof(struct msg_delivery_want), 0, {
	    STRING(msg_delivery_want, dw_user), END } },
	[MSG_DELIVERY_KNOWN] = { "DELIVERY_KNOWN", sizeof(struct msg_delivery),
	    0, { END } },
	[MSG_DELIVERY_OPEN] = { "DELIVERY_OPEN", sizeof(struct msg_delivery),
	    FD, { END } },
	[MSG_DELIVERY_SAME] = { "DELIVERY_SAME", sizeof(struct msg_delivery),
	    0, { END } },
	[MSG_DELIVERY_REFUSE] = { "DELIVERY_REFUSE",
	    sizeof(struct msg_delivery_refuse), 0, {
	    ENUM(msg_delivery_refuse, dr_reason, DELIVERY_REFUSALS), END } },
	[MSG_DELIVERY_END] = { "DELIVERY_END", sizeof(struct msg_delivery),
	    0, { END } },
	[MSG_DELIVER] = { "DELIVER", sizeof(struct msg_deliver), 0, {
	    STRING(msg_deliver, dv_directory),
	    STRING(msg_deliver, dv_subdir), END } },
	[MSG_FORGET] = { "FORGET", sizeof(struct msg_user), 0, {
	    STRING(msg_user, mus_user), END } },
	[MSG_TABLE] = { "TABLE", sizeof(struct msg_table), FD, { END } },
	[MSG_TABLE_WANT] = { "TABLE_WANT", sizeof(struct msg_table), 0,
	    { END } },
	[MSG_LOOKUP] = { "LOOKUP", sizeof(struct msg_lookup), 0, {
	    STRING(msg_lookup, mlk_user), END } },
	[MSG_LOOKED] = { "LOOKED", sizeof(struct msg_looked), 0, {
	    ENUM(msg_looked, ld_result, LOOK_RESULTS), END } },
	[MSG_GIVE] = { "GIVE", sizeof(struct msg_give), 0, { END } },
	[MSG_HASH] = { "HASH", sizeof(struct msg_hash), 0, {
	    ENUM(msg_hash, mhs_result, LOOK_RESULTS),
	    ENUM(msg_hash, mhs_place, TABLES_ASKED_MAX),
	    STRING(msg_hash, mhs_user), STRING(msg_hash, mhs_hash), END } },
	[MSG_PROVE] = { "PROVE", sizeof(struct msg_prove), 0, {
	    STRING(msg_prove, pv_pass), END } },
	[MSG_USERINFO] = { "USERINFO", sizeof(struct msg_userinfo), ID, {
	    STRING(msg_userinfo, mui_user), END } },
	[MSG_USERINFO_IS] = { "USERINFO_IS", sizeof(struct msg_userinfo_is),
	    ID, { ENUM(msg_userinfo_is, us_result, LOOK_RESULTS),
	    ENUM(msg_userinfo_is, us_place, TABLES_ASKED_MAX),
	    STRING(msg_userinfo_is, us_dir), END } },
	[MSG_ROUTE_WANT] = { "ROUTE_WANT", sizeof(struct msg_route_want), ID, {
	    ENUM(msg_route_want, rw_protocol, MAIL_PROTOCOLS),
	    STRING(msg_route_want, rw_user), END } },
	[MSG_ROUTE_IS] = { "ROUTE_IS", sizeof(struct msg_route_is), ID, {
	    ENUM(msg_route_is, ri_result, LOOK_RESULTS), END } }
};

static const char *const roles[ROLE_MAX] = {
	[ROLE_PARENT] = "popd",
	[ROLE_LISTENER] = "lsnrpop",
	[ROLE_KEY] = "keypop",
	[ROLE_AUTH] = "authpop",
	[ROLE_CHECKER] = "hashpop",
	[ROLE_LMTP] = "lmtppop",
	[ROLE_TABLE] = "tabpop",
	[ROLE_WORKER] = "wrkrpop",
	[ROLE_DELIVERY] = "dlvrpop"
};

static const struct msg_rule *
msg_rule(uint32_t type)
{
	if (type >= MSG_MAX || rules[type].ru_name[0] == '\0')
		return (NULL);
	return (&rules[type]);
}

static const char *
field_check(const struct field *fl, const char *data)
{
	uint32_t	 value;

	if (fl->fl_size != 0) {
		if (memchr(data + fl->fl_offset, '\0', fl->fl_size) == NULL)
			return ("unterminated string");
		return (NULL);
	}
	memcpy(&value, data + fl->fl_offset, sizeof(value));
	return (value < fl->fl_limit ? NULL : "value out of range");
}

const char *
msg_check(struct imsg *imsg, union msg_payload *payload)
{
	const struct msg_rule	*ru;
	const struct field	*fl;
	const char		*why;

	if ((ru = msg_rule(imsg_get_type(imsg))) == NULL)
		return ("unknown message");
	if (imsg_get_len(imsg) != ru->ru_size)
		return ("wrong size");
	if (ru->ru_size != 0 && imsg_get_data(imsg, payload, ru->ru_size) == -1)
		return ("wrong size");
	for (fl = ru->ru_fields; fl->fl_size != 0 || fl->fl_limit != 0; fl++)
		if ((why = field_check(fl, (const char *)payload)) != NULL)
			return (why);
	return (NULL);
}

const char *
msg_name(uint32_t type)
{
	const struct msg_rule	*ru = msg_rule(type);

	return (ru == NULL ? "?" : ru->ru_name);
}

size_t
msg_size(uint32_t type)
{
	const struct msg_rule	*ru = msg_rule(type);

	return (ru == NULL ? 0 : ru->ru_size);
}

int
msg_has_fd(uint32_t type)
{
	const struct msg_rule	*ru = msg_rule(type);

	return (ru != NULL && (ru->ru_flags & FD));
}

const struct session_id *
msg_session(uint32_t type, const void *data)
{
	const struct msg_rule	*ru = msg_rule(type);
	const struct session_id	*si = data;

	if (ru == NULL || !(ru->ru_flags & ID) || si->si_gen == 0)
		return (NULL);
	return (si);
}

/* FNV-1a over the sizes, which depend on limits.h and the machine. */
uint32_t
msg_protocol(void)
{
	uint32_t	 sum = PROTOCOL, type;

	for (type = 0; type < MSG_MAX; type++)
		sum = (sum ^ (uint32_t)rules[type].ru_size) * 16777619U;
	return (sum);
}

const char *
msg_role_name(uint32_t role)
{
	return (role < ROLE_MAX ? roles[role] : "?");
}

char *
msg_session_name(const struct session_id *si, char *buf, size_t size)
{
	snprintf(buf, size, "%llu.%llu", (unsigned long long)si->si_gen,
	    (unsigned long long)si->si_num);
	return (buf);
}
