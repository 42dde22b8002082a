/* link: popd/roles.o lib/bucket.o lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What each role may send to the parent, and the consequences: the process
 * blamed is killed, and expensive requests are limited.
 */

#include <string.h>

#include "chan.h"
#include "limits.h"
#include "popd/child.h"
#include "popd/conf.h"
#include "popd/control.h"
#include "popd/delivery.h"
#include "popd/login.h"
#include "popd/peers.h"
#include "popd/ping.h"
#include "popd/query.h"
#include "popd/recipient.h"
#include "popd/roles.h"
#include "popd/routes.h"
#include "popd/sockets.h"
#include "popd/stats.h"
#include "popd/tables.h"
#include "popd/userbase.h"
#include "popd/worker.h"
#include "timers.h"
#include "unit.h"

static struct child	 listener = { .c_role = ROLE_LISTENER, .c_gen = 5 };
static struct child	 authpop = { .c_role = ROLE_AUTH, .c_gen = 6 };

static struct {
	struct verdict	 vd;		/* what the next handler says */
	int		 calls;
	int		 mended, joined;
	int		 lost;		/* a socket */
	int		 reloads;
	struct child	*killed;
	int		 kills;
	int		 strangers;
	int		 unlogged;	/* the log takes no more */
	int		 shown;		/* lines to popctl reload */
	int		 mails;		/* answers for mail */
} did;

static const struct child_role	*table;		/* that of roles.c */

static struct verdict
called(void)
{
	did.calls++;
	return (did.vd);
}

struct verdict
conf_ok(struct child *c)
{
	return (called());
}

struct verdict
conf_bad(struct child *c, const struct msg_text *mtx)
{
	return (called());
}

void
count_merge(const struct count_values *cv)
{
	did.calls++;
}

struct verdict
recipient_want(struct child *c, const struct msg_delivery_want *dw)
{
	return (called());
}

struct verdict
delivery_end(struct child *c, const struct msg_delivery *dy)
{
	return (called());
}

struct verdict
ping_answered(struct child *c)
{
	return (called());
}

struct verdict
peers_want(struct child *c, const struct msg_peer *mp)
{
	did.joined++;
	return (called());
}

struct verdict
login_want(struct child *c, const struct msg_want *mw)
{
	return (called());
}

struct verdict
login_grant(const struct msg_grant *gn)
{
	return (TAKEN);
}

struct verdict
login_auth_ok(const struct msg_auth_ok *mo)
{
	return (called());
}

struct verdict
login_auth_bad(const struct msg_auth_bad *mab)
{
	return (called());
}

struct verdict
worker_session_end(struct child *c, const struct msg_end *me)
{
	return (called());
}

int
childlog_write(struct childlog *cg, const char *name, const char *session,
    const struct msg_log *ml)
{
	did.calls++;
	return (!did.unlogged);
}

void
childlog_version(enum role role, const struct msg_version *mv)
{
	did.calls++;
}

void
child_stranger(struct child *c)
{
	did.strangers++;
}

struct verdict
query_source(struct child *c, const struct msg_ask_source *aw)
{
	return (called());
}

struct verdict
query_cert(struct child *c, const struct certfacts *cx)
{
	return (called());
}

struct verdict
query_end(struct child *c, const struct msg_ask *ak)
{
	return (called());
}

void
tables_want(const struct msg_table *mtb)
{
	did.calls++;
}

struct verdict
login_userinfo_is(const struct msg_userinfo_is *us)
{
	return (called());
}

struct verdict
recipient_answer(const struct msg_userinfo_is *us)
{
	did.mails++;
	return (called());
}

struct verdict
login_route_is(const struct msg_route_is *ri)
{
	return (called());
}

void
control_reload_line(int level, const char *text)
{
	did.shown++;
}

void
configtest_doubt(void)
{
}

void
sockets_mend(void)
{
	did.mended++;
	did.calls++;
}

int
sockets_lost(void)
{
	return (did.lost);
}

void
conf_reload(void)
{
	did.reloads++;
}

void
child_roles(const struct child_role *roles)
{
	table = roles;
}

struct child *
child_of_gen(uint64_t gen)
{
	return (gen == 5 ? &listener : NULL);
}

void
child_kill(struct child *c, const char *why)
{
	did.killed = c;
	did.kills++;
}

/* Dispatch like the channel: a type not in the table is a lie. */
static struct verdict
says(struct child *c, uint32_t type)
{
	static const union msg_payload	 nothing;
	const struct chan_rule		*cr;

	for (cr = table[c->c_role].ro_rules; cr->cu_type != 0; cr++)
		if (cr->cu_type == type)
			return (cr->cu_handler(c, &nothing, -1));
	return (LIE("message not allowed from this peer"));
}

static void
begin(const char *name)
{
	unit_case(name);
	memset(&did, 0, sizeof(did));
	timers_pass(1000 * 1000);
}

/* The roles that may send a message; ROLE_PARENT: a judge. */
static const struct {
	uint32_t	 type;
	int		 roles[ROLE_MAX];
} may[] = {
	{ MSG_VERSION, { [ROLE_PARENT] = 1, [ROLE_LISTENER] = 1,
	    [ROLE_KEY] = 1, [ROLE_AUTH] = 1, [ROLE_CHECKER] = 1,
	    [ROLE_LMTP] = 1, [ROLE_TABLE] = 1 } },
	{ MSG_LOG, { [ROLE_PARENT] = 1, [ROLE_LISTENER] = 1,
	    [ROLE_KEY] = 1, [ROLE_AUTH] = 1, [ROLE_CHECKER] = 1,
	    [ROLE_LMTP] = 1, [ROLE_TABLE] = 1 } },
	{ MSG_CONF_OK, { [ROLE_PARENT] = 1, [ROLE_LISTENER] = 1,
	    [ROLE_KEY] = 1, [ROLE_AUTH] = 1, [ROLE_CHECKER] = 1,
	    [ROLE_LMTP] = 1, [ROLE_TABLE] = 1 } },
	{ MSG_CONF_BAD, { [ROLE_PARENT] = 1, [ROLE_LISTENER] = 1,
	    [ROLE_KEY] = 1, [ROLE_AUTH] = 1, [ROLE_CHECKER] = 1,
	    [ROLE_LMTP] = 1, [ROLE_TABLE] = 1 } },
	{ MSG_PONG, { [ROLE_LISTENER] = 1, [ROLE_KEY] = 1,
	    [ROLE_AUTH] = 1, [ROLE_CHECKER] = 1,
	    [ROLE_LMTP] = 1, [ROLE_TABLE] = 1 } },
	{ MSG_COUNTS, { [ROLE_LISTENER] = 1, [ROLE_KEY] = 1,
	    [ROLE_AUTH] = 1, [ROLE_CHECKER] = 1,
	    [ROLE_LMTP] = 1, [ROLE_TABLE] = 1 } },
	{ MSG_PEER_WANT, { [ROLE_LISTENER] = 1, [ROLE_AUTH] = 1,
	    [ROLE_CHECKER] = 1, [ROLE_TABLE] = 1 } },
	{ MSG_LISTEN_BAD, { [ROLE_LISTENER] = 1, [ROLE_LMTP] = 1 } },
	{ MSG_SESSION_WANT, { [ROLE_LISTENER] = 1 } },
	{ MSG_SESSION_END, { [ROLE_LISTENER] = 1 } },
	{ MSG_AUTH_OK, { [ROLE_AUTH] = 1 } },
	{ MSG_AUTH_BAD, { [ROLE_AUTH] = 1 } },
	{ MSG_ASK_SOURCE, { [ROLE_LISTENER] = 1, [ROLE_AUTH] = 1 } },
	{ MSG_ASK_CERT, { [ROLE_LISTENER] = 1 } },
	{ MSG_ASK_END, { [ROLE_LISTENER] = 1, [ROLE_AUTH] = 1 } },
	{ MSG_DELIVERY_WANT, { [ROLE_LMTP] = 1 } },
	{ MSG_DELIVERY_END, { [ROLE_LMTP] = 1 } },
	{ MSG_TABLE_WANT, { [ROLE_TABLE] = 1 } },
	{ MSG_USERINFO_IS, { [ROLE_TABLE] = 1 } },
	{ MSG_ROUTE_IS, { [ROLE_TABLE] = 1 } }
};

/* Each role may send its messages, and no others. */
static void
test_tables(void)
{
	struct child	 c = { 0 };
	uint32_t	 type;
	size_t		 i, n = sizeof(may) / sizeof(may[0]);
	int		 role, calls;

	begin("each role may send its own messages only");
	for (role = ROLE_PARENT; role <= ROLE_TABLE; role++)
		for (type = 0; type < MSG_MAX; type++) {
			c.c_role = role;
			for (i = 0; i < n && may[i].type != type; i++)
				continue;
			calls = did.calls;
			(void)says(&c, type);
			CHECK((did.calls > calls) ==
			    (i < n && may[i].roles[role]), "role %d type %u",
			    role, type);
		}
}

static void
test_blame_liar(void)
{
	struct verdict	 vd;

	begin("a listener that lied through authpop is killed");
	did.vd = LIE_OF(5, "unannounced login");
	vd = says(&authpop, MSG_AUTH_OK);
	CHECK(did.kills == 1 && did.killed == &listener, "%d kills",
	    did.kills);
	CHECK(vd.vd_gen == 5, "authpop is blamed");
	(void)says(&authpop, MSG_AUTH_BAD);
	CHECK(did.kills == 2 && did.killed == &listener, "%d kills",
	    did.kills);
}

static void
test_blame_gone(void)
{
	unit_case("one that has ended is not");
	did.vd = LIE_OF(4, "unannounced login");
	(void)says(&authpop, MSG_AUTH_OK);
	CHECK(did.kills == 2, "%d kills", did.kills);
}

static void
test_blame_other(void)
{
	unit_case("a drop, or authpop's own lie, kills no other");
	did.vd = DROP("second answer");
	(void)says(&authpop, MSG_AUTH_OK);
	did.vd = LIE("unknown listener");
	(void)says(&authpop, MSG_AUTH_OK);
	CHECK(did.kills == 2, "%d kills", did.kills);
}

static void
test_lines(void)
{
	begin("popctl reload is shown what the log takes, and no flood");
	(void)says(&listener, MSG_LOG);
	CHECK(did.shown == 1, "%d lines", did.shown);
	did.unlogged = 1;
	(void)says(&listener, MSG_LOG);
	CHECK(did.shown == 1, "%d lines", did.shown);
}

static void
test_lost(void)
{
	begin("a socket that is lost is replaced by a reload");
	(void)says(&listener, MSG_PONG);
	CHECK(did.reloads == 0, "%d reloads of none", did.reloads);
	did.lost = 1;
	(void)says(&listener, MSG_PONG);
	CHECK(did.reloads == 1, "%d reloads", did.reloads);
	did.vd = DROP("unasked");
	(void)says(&listener, MSG_PONG);
	CHECK(did.reloads == 1, "%d reloads", did.reloads);
}

static void
test_requests_cheap(void)
{
	int	 i;
	int	 dropped = 0;

	begin("a child that asks without end costs little");
	for (i = 0; i < 1000; i++) {
		dropped += says(&listener, MSG_PEER_WANT).vd_kind ==
		    VERDICT_DROP;
		dropped += says(&listener, MSG_LISTEN_BAD).vd_kind ==
		    VERDICT_DROP;
	}
	CHECK(did.joined + did.mended == REQUESTS_BURST, "%d and %d",
	    did.joined, did.mended);
	CHECK(dropped == 2000 - REQUESTS_BURST, "%d dropped", dropped);
}

static void
test_requests_others(void)
{
	unit_case("others can ask meanwhile, and it can a second later");
	CHECK(says(&authpop, MSG_PEER_WANT).vd_kind == VERDICT_TAKEN,
	    "not authpop");
	timers_pass(1000);
	CHECK(says(&listener, MSG_PEER_WANT).vd_kind == VERDICT_TAKEN,
	    "not the listener");
	CHECK(says(&listener, MSG_PEER_WANT).vd_kind == VERDICT_DROP,
	    "twice");
}

/* Only a child that has not been told anything yet. */
static void
test_stranger(void)
{
	struct child	 c = { .c_role = ROLE_KEY };

	begin("a child of another version is known before it is configured");
	CHECK(says(&c, MSG_VERSION).vd_kind == VERDICT_TAKEN, "not taken");
	CHECK(did.strangers == 1 && did.kills == 0, "%d strangers",
	    did.strangers);
	c.c_configured = 1;
	CHECK(says(&c, MSG_VERSION).vd_kind == VERDICT_LIE, "no lie");
	CHECK(did.strangers == 1, "%d strangers", did.strangers);
}

static void
test_userinfo(void)
{
	struct msg_userinfo_is	 us;
	const struct chan_rule	*cr;

	begin("what tabpop says is for a session, or without one for mail");
	memset(&us, 0, sizeof(us));
	for (cr = table[ROLE_TABLE].ro_rules;
	    cr->cu_type != MSG_USERINFO_IS; cr++)
		continue;
	(void)cr->cu_handler(NULL, &us, -1);
	CHECK(did.mails == 1 && did.calls == 1, "mail");
	us.us_id.si_gen = 1;
	(void)cr->cu_handler(NULL, &us, -1);
	CHECK(did.mails == 1 && did.calls == 2, "a session");
}

int
main(void)
{
	roles_init();
	test_tables();
	test_userinfo();
	test_blame_liar();
	test_blame_gone();
	test_blame_other();
	test_lines();
	test_lost();
	test_requests_cheap();
	test_requests_others();
	test_stranger();
	return (unit_done());
}
