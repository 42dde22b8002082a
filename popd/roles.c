/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What each role may send.  Any other message is a lie and ends the child.  See
 * roles.h.
 */

#include <sys/types.h>

#include <string.h>

#include "bucket.h"
#include "chan.h"
#include "child.h"
#include "conf.h"
#include "configtest.h"
#include "control.h"
#include "count.h"
#include "delivery.h"
#include "limits.h"
#include "login.h"
#include "peers.h"
#include "ping.h"
#include "query.h"
#include "recipient.h"
#include "roles.h"
#include "sockets.h"
#include "stats.h"
#include "tables.h"
#include "worker.h"

static struct verdict
role_log(void *arg, const void *data, int fd)
{
	const struct msg_log	*ml = data;
	struct child		*c = arg;

	/* Limited: a flood would cost popctl its connection. */
	if (childlog_write(&c->c_log, c->c_name, NULL, ml))
		control_reload_line(ml->ml_level, ml->ml_text);
	if ((c->c_role == ROLE_CHECKER || c->c_role == ROLE_TABLE) &&
	    ml->ml_level == LOGL_WARN)
		configtest_doubt();
	return (TAKEN);
}

static struct verdict
role_version(void *arg, const void *data, int fd)
{
	struct child	*c = arg;

	if (c->c_configured)
		return (LIE("version changed"));
	childlog_version(c->c_role, data);
	child_stranger(c);
	return (TAKEN);
}

static struct verdict
role_conf_ok(void *arg, const void *data, int fd)
{
	return (conf_ok(arg));
}

static struct verdict
role_conf_bad(void *arg, const void *data, int fd)
{
	return (conf_bad(arg, data));
}

static struct verdict
role_pong(void *arg, const void *data, int fd)
{
	struct verdict	 vd = ping_answered(arg);

	/* One that answers unasked must not have us reload all the time. */
	if (vd.vd_kind == VERDICT_TAKEN && sockets_lost())
		conf_reload();
	return (vd);
}

/* A compromised child can falsify statistics, nothing else. */
static struct verdict
role_counts(void *arg, const void *data, int fd)
{
	struct child	*c = arg;

	count_merge(data);
	memcpy(c->c_gauge, ((const struct count_values *)data)->cv_gauge,
	    sizeof(c->c_gauge));
	return (TAKEN);
}

static struct verdict
role_peer_want(void *arg, const void *data, int fd)
{
	struct child	*c = arg;

	if (bucket_spend(&c->c_requests, 1, REQUESTS_BURST) == -1)
		return (DROP("too many requests"));
	return (peers_want(c, data));
}

static struct verdict
role_listen_bad(void *arg, const void *data, int fd)
{
	struct child	*c = arg;

	if (bucket_spend(&c->c_requests, 1, REQUESTS_BURST) == -1)
		return (DROP("too many requests"));
	sockets_mend();
	return (TAKEN);
}

static struct verdict
role_want(void *arg, const void *data, int fd)
{
	return (login_want(arg, data));
}

static struct verdict
role_end(void *arg, const void *data, int fd)
{
	return (worker_session_end(arg, data));
}

/* authpop may pass on a listener's lie: kill the listener. */
static struct verdict
role_blame(struct verdict vd)
{
	struct child	*c;

	if (vd.vd_gen != 0 && (c = child_of_gen(vd.vd_gen)) != NULL)
		child_kill(c, vd.vd_why);
	return (vd);
}

static struct verdict
role_auth_ok(void *arg, const void *data, int fd)
{
	return (role_blame(login_auth_ok(data)));
}

static struct verdict
role_auth_bad(void *arg, const void *data, int fd)
{
	return (role_blame(login_auth_bad(data)));
}

static struct verdict
role_grant(void *arg, const void *data, int fd)
{
	return (login_grant(data));
}

static struct verdict
role_ask_source(void *arg, const void *data, int fd)
{
	return (query_source(arg, data));
}

static struct verdict
role_ask_cert(void *arg, const void *data, int fd)
{
	return (query_cert(arg, data));
}

static struct verdict
role_ask_end(void *arg, const void *data, int fd)
{
	return (query_end(arg, data));
}

static struct verdict
role_delivery_want(void *arg, const void *data, int fd)
{
	return (recipient_want(arg, data));
}

static struct verdict
role_delivery_end(void *arg, const void *data, int fd)
{
	return (delivery_end(arg, data));
}

static struct verdict
role_table_want(void *arg, const void *data, int fd)
{
	struct child	*c = arg;

	if (bucket_spend(&c->c_requests, 1, REQUESTS_BURST) == -1)
		return (DROP("too many requests"));
	tables_want(data);
	return (TAKEN);
}

static struct verdict
role_userinfo_is(void *arg, const void *data, int fd)
{
	const struct msg_userinfo_is	*us = data;

	return (us->us_id.si_gen == 0 ? recipient_answer(us) :
	    login_userinfo_is(us));
}

static struct verdict
role_route_is(void *arg, const void *data, int fd)
{
	return (login_route_is(data));
}

#define COMMON								\
	{ MSG_VERSION,		role_version },				\
	{ MSG_LOG,		role_log },				\
	{ MSG_CONF_OK,		role_conf_ok },				\
	{ MSG_CONF_BAD,		role_conf_bad },			\
	{ MSG_COUNTS,		role_counts },				\
	{ MSG_PONG,		role_pong }

static const struct chan_rule	 listener_rules[] = {
	COMMON,
	{ MSG_PEER_WANT,	role_peer_want },
	{ MSG_LISTEN_BAD,	role_listen_bad },
	{ MSG_SESSION_WANT,	role_want },
	{ MSG_SESSION_END,	role_end },
	{ MSG_ASK_SOURCE,	role_ask_source },
	{ MSG_ASK_CERT,		role_ask_cert },
	{ MSG_ASK_END,		role_ask_end },
	{ 0,			NULL }
};

static const struct chan_rule	 auth_rules[] = {
	COMMON,
	{ MSG_PEER_WANT,	role_peer_want },
	{ MSG_AUTH_OK,		role_auth_ok },
	{ MSG_AUTH_BAD,		role_auth_bad },
	{ MSG_ASK_SOURCE,	role_ask_source },
	{ MSG_ASK_END,		role_ask_end },
	{ 0,			NULL }
};

static const struct chan_rule	 checker_rules[] = {
	COMMON,
	{ MSG_PEER_WANT,	role_peer_want },
	{ MSG_GRANT,		role_grant },
	{ 0,			NULL }
};

static const struct chan_rule	 key_rules[] = {
	COMMON,
	{ 0,			NULL }
};

static const struct chan_rule	 lmtp_rules[] = {
	COMMON,
	{ MSG_LISTEN_BAD,	role_listen_bad },
	{ MSG_DELIVERY_WANT,	role_delivery_want },
	{ MSG_DELIVERY_END,	role_delivery_end },
	{ 0,			NULL }
};

static const struct chan_rule	 table_rules[] = {
	COMMON,
	{ MSG_PEER_WANT,	role_peer_want },
	{ MSG_TABLE_WANT,	role_table_want },
	{ MSG_USERINFO_IS,	role_userinfo_is },
	{ MSG_ROUTE_IS,		role_route_is },
	{ 0,			NULL }
};

/* Of any role: it only reads its files. */
static const struct chan_rule	 judge_rules[] = {
	{ MSG_VERSION,		role_version },
	{ MSG_LOG,		role_log },
	{ MSG_CONF_OK,		role_conf_ok },
	{ MSG_CONF_BAD,		role_conf_bad },
	{ 0,			NULL }
};

static const struct child_role	 roles[ROLE_MAX] = {
	[ROLE_PARENT] = { .ro_rules = judge_rules },
	[ROLE_LISTENER] = { USER_LISTENER, listener_rules, PING_SECONDS },
	[ROLE_KEY] = { USER_KEY, key_rules, PING_SECONDS },
	[ROLE_AUTH] = { USER_AUTH, auth_rules, PING_SECONDS },
	[ROLE_LMTP] = { USER_LMTP, lmtp_rules, PING_SECONDS },
	/* A checker answers between two hashes only. */
	[ROLE_CHECKER] = { USER_HASH, checker_rules, HASH_SECONDS },
	[ROLE_TABLE] = { USER_LOOKUP, table_rules, PING_SECONDS }
};

void
roles_init(void)
{
	child_roles(roles);
}
