/*
 * link: popd/authcount.o popd/login.o lib/route.o popd/routes.o
 * link: popd/session.o popd/worker.o
 * link: popd/childlog.o popd/spools.o popd/userbase.o
 * link: popd/maildrops.o lib/bucket.o lib/table.o lib/table_read.o
 * link: lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 * link: popd/config.o lib/setting.o lib/subdir.o
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent with a compromised listener and a compromised authpop: what
 * either says alone, late, twice or about sessions of another opens nothing.
 * The liar is named, never the process that passed the lie on.
 */

#include "limits.h"
#include "parent.h"
#include "popd/routes.h"
#include "popd/userbase.h"

static void
nothing(const char *what)
{
	CHECK(did.execs == 0, "%s: a worker was started", what);
	CHECK(did.sent[MSG_SESSION_OPEN] == 0, "%s: opened", what);
}

static void
test_opened(void)
{
	start("a session wanted and granted opens once, by usertab");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	nothing("before the grant");
	CHECK(taken(say_ok(5, 1, "joe")), "grant");
	CHECK(did.execs == 1 && did.sent[MSG_SESSION_OPEN] == 1, "not opened");
	CHECK(geteuid() != 0 || (did.ids.ei_uid == parent.uid &&
	    did.ids.ei_gid == parent.gid), "ids %u %u",
	    (unsigned int)did.ids.ei_uid, (unsigned int)did.ids.ei_gid);
	CHECK(listener.c_wanted == 0, "%u still wanted", listener.c_wanted);
	CHECK(dropped(say_ok(5, 1, "joe")), "a replayed grant");
	CHECK(dropped(say_ok(5, 1, "ann")), "a changed grant");
	CHECK(dropped(say_bad(5, 1, AUTH_NO_MATCH)),
	    "a change of mind");
	CHECK(did.execs == 1, "%d workers", did.execs);
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	CHECK(lie(say_end(&listener, 5, 1)), "a second end");
	CHECK(did.overdue == 1, "not looked for: %d", did.overdue);
	worker_dies(0);
	CHECK(session_first() == NULL, "still there");
	CHECK(taken(say_ok(5, 1, "joe")) && did.execs == 1, "stale grant");
}

static void
test_locked(void)
{
	start("a locked user is refused, others are not");
	did.locked = "joe";
	CHECK(taken(say_want(&listener, 5, 2)), "want");
	CHECK(taken(say_ok(5, 2, "joe")), "grant");
	nothing("a locked user");
	CHECK(did.refused == REFUSE_LOCKED, "refused with %d", did.refused);
	CHECK(did.sent[MSG_AUTH_COUNT] == 1 && did.count.mn_failed,
	    "no failure of the source");
}

/* A queue, a hub or a listener alone, and the two keys in any order. */
static void
test_two_keys(void)
{
	start("neither a queue nor a checker alone opens anything");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_queue(5, 1, "joe")), "the queue");
	nothing("the queue alone");
	CHECK(dropped(say_queue(5, 1, "joe")), "the queue again");
	CHECK(dropped(say_grant(5, 1, "joe", 1)), "for another password");
	nothing("what was not wanted");
	CHECK(taken(say_grant(5, 1, "joe", 0)), "the checker");
	CHECK(did.execs == 1, "not opened");
	CHECK(taken(say_grant(5, 1, "joe", 0)) && did.execs == 1, "once");
	CHECK(taken(say_want(&listener, 5, 2)), "want");
	CHECK(taken(say_grant(5, 2, "joe", 0)), "the checker first");
	CHECK(taken(say_grant(5, 2, "ann", 0)), "another checker");
	CHECK(did.execs == 1, "the checker alone");
	CHECK(taken(say_queue(5, 2, "joe")) && did.execs == 2, "not opened");
	CHECK(taken(say_want(&other, 7, 1)), "want");
	CHECK(dropped(say_grant(5, 3, "joe", 0)), "a grant of no session");
	CHECK(dropped(say_grant(99, 1, "joe", 0)), "of no listener");
	CHECK(did.execs == 2, "%d workers", did.execs);
}

static void
test_two_users(void)
{
	start("the queue and the checker name two users: neither gets in");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_grant(5, 1, "joe", 0)), "the checker");
	CHECK(dropped(say_queue(5, 1, "ann")), "the queue");
	CHECK(taken(say_want(&listener, 5, 2)), "want");
	CHECK(taken(say_queue(5, 2, "joe")), "the queue");
	CHECK(dropped(say_grant(5, 2, "ann", 0)), "the checker");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 2 &&
	    did.refused == REFUSE_TEMP && session_first() == NULL &&
	    listener.c_wanted == 0, "not refused");
	nothing("two users");
	CHECK(taken(say_want(&listener, 5, 3)), "want");
	CHECK(dropped(say_grant(5, 3, "ann", 0)), "what joe said, for ann");
	CHECK(taken(say_queue(5, 3, "ann")), "the same of the queue");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 3, "not refused");
	nothing("both keys for another user");
}

static void
test_granted_refused(void)
{
	start("the queue refuses what a checker has granted");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_grant(5, 1, "joe", 0)), "the checker");
	CHECK(taken(say_bad(5, 1, AUTH_DELAY)), "refusal");
	CHECK(did.refused == REFUSE_DELAY, "refused with %d", did.refused);
	CHECK(taken(say_grant(5, 1, "joe", 0)), "a race is no fault");
	nothing("refused");
}

static void
test_checker_lost(void)
{
	start("a checker dies without its grant: the login may be tried again");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_want(&listener, 5, 2)), "want");
	CHECK(taken(say_queue(5, 1, "joe")), "the queue");
	CHECK(taken(say_grant(5, 2, "joe", 0)), "another checker");
	login_checker_lost();
	CHECK(did.sent[MSG_SESSION_REFUSE] == 1 &&
	    did.refused == REFUSE_TEMP, "not refused");
	CHECK(taken(say_queue(5, 2, "joe")) && did.execs == 1, "the other");
}

static void
test_unread_want(void)
{
	start("a WANT that is not read yet is read before the grant");
	{
		struct msg_want	 mw = want(5, 9);

		did.unread = &mw;
		CHECK(taken(say_ok(5, 9, "joe")), "grant");
		CHECK(did.polls == 1 && did.execs == 1, "not opened");
	}
}

static void
test_listener_alone(void)
{
	start("a listener alone opens nothing");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	nothing("want");
	CHECK(lie(say_want(&listener, 5, 1)), "the same again");
	CHECK(lie(say_want(&listener, 5, 0)), "a number below");
	CHECK(lie(say_want(&listener, 7, 5)), "in another's name");
	CHECK(lie(say_end(&other, 5, 1)), "another's session ended");
	CHECK(lie(say_end(&other, 7, 1)), "what it never wanted ended");
	nothing("listener");
}

static void
test_logins_waiting(void)
{
	uint64_t	 num;

	start("more logins than may wait are answered, and no lie");
	for (num = 1; num <= WANTS_MAX; num++)
		CHECK(taken(say_want(&listener, 5, num)), "%llu",
		    (unsigned long long)num);
	CHECK(did.sent[MSG_SESSION_REFUSE] == 0, "refused");
	CHECK(dropped(say_want(&listener, 5, num)), "one too many");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 1 &&
	    did.refused == REFUSE_TEMP, "not refused");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	CHECK(taken(say_want(&listener, 5, num + 1)), "room again");
	CHECK(taken(say_want(&other, 7, 1)), "the other has its own");
	nothing("too many");
}

static void
test_late_grant(void)
{
	start("a session that was given up is not opened by a late grant");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	CHECK(listener.c_wanted == 0, "%u still wanted", listener.c_wanted);
	CHECK(taken(say_ok(5, 1, "joe")), "a race is no fault");
	nothing("given up");
}

static void
test_listener_dead(void)
{
	start("the sessions of a dead listener are not opened");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	parent.listener_gone = 1;
	worker_listener_gone(&listener);
	CHECK(taken(say_ok(5, 1, "joe")), "a race is no fault");
	nothing("dead");
	CHECK(session_first() == NULL, "still there");
}

static void
test_authpop_alone(void)
{
	start("authpop alone opens nothing");
	CHECK(lie_of(say_ok(5, 1, "joe"), 5), "an unwanted session");
	CHECK(lie(say_ok(99, 1, "joe")), "a listener that never was");
	CHECK(lie(say_ok(6, 1, "joe")), "a process that is no listener");
	CHECK(lie(say_bad(6, 1, AUTH_NO_MATCH)), "a refusal of it");
	CHECK(lie_of(say_bad(5, 1, AUTH_NO_MATCH), 5),
	    "a refusal of it");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(lie_of(say_ok(7, 1, "joe"), 7),
	    "the other listener's number");
	CHECK(lie(say_bad(5, 1, AUTH_ACCEPTED)), "a refusal that accepts");
	nothing("authpop");
}

static void
test_no_userbase(void)
{
	start("a user without a usable line of usertab gets nothing");
	parent.user = "nobody";
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_ok(5, 1, "nobody")), "no line");
	CHECK(did.refused == REFUSE_AUTH, "told apart");
	parent.user = "toor";
	CHECK(taken(say_want(&listener, 5, 2)), "want");
	CHECK(taken(say_ok(5, 2, "toor")), "uid 0");
	parent.user = "wheel";
	CHECK(taken(say_want(&listener, 5, 3)), "want");
	CHECK(taken(say_ok(5, 3, "wheel")), "gid 0");
	parent.user = "joe\njoe";
	CHECK(taken(say_want(&listener, 5, 4)), "want");
	CHECK(taken(say_ok(5, 4, "joe\njoe")), "two lines");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 4 &&
	    did.sent[MSG_AUTH_COUNT] == 4, "refused %u, counted %u",
	    did.sent[MSG_SESSION_REFUSE], did.sent[MSG_AUTH_COUNT]);
	nothing("usertab");
	CHECK(session_first() == NULL && listener.c_wanted == 0, "left");
}

static void
test_refusal(void)
{
	start("a refusal is passed on, once");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_bad(5, 1, AUTH_NO_USER)), "refusal");
	CHECK(did.refused == REFUSE_AUTH, "reason");
	CHECK(taken(say_bad(5, 1, AUTH_NO_USER)) &&
	    did.sent[MSG_SESSION_REFUSE] == 1, "twice");
	CHECK(taken(say_want(&listener, 5, 2)), "want");
	CHECK(taken(say_bad(5, 2, AUTH_TEMP)) &&
	    did.refused == REFUSE_TEMP, "not now");
	nothing("refusal");
}

static void
test_reasons(void)
{
	static const struct {
		enum auth_result	 result;
		enum refuse_reason	 refused;
		const char		*word;
	} reasons[] = {
		{ AUTH_NO_USER, REFUSE_AUTH, " reason=user " },
		{ AUTH_NO_MATCH, REFUSE_AUTH, " reason=password " },
		{ AUTH_LOCKED, REFUSE_AUTH, " reason=locked " },
		{ AUTH_NO_HASH, REFUSE_AUTH, " reason=hash " },
		{ AUTH_DELAY, REFUSE_DELAY, " reason=delay " }
	};
	size_t	 i;

	start("what the log tells apart, and the client is not told");
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		parent.log[0] = '\0';
		CHECK(taken(say_want(&listener, 5, i + 1)), "want");
		CHECK(taken(say_bad(5, i + 1, reasons[i].result)), "refusal");
		CHECK(did.refused == reasons[i].refused, "%s", reasons[i].word);
		CHECK(strstr(parent.log, reasons[i].word) != NULL, "%s, not %s",
		    parent.log, reasons[i].word);
	}
}

/* A proxy asks for a user's server; authpop returns the purpose. */
static struct verdict
route(uint64_t num, const char *user, enum auth_purpose purpose)
{
	struct msg_want		 mw;
	struct msg_auth_ok	 mo;

	parent.user = user;
	mw = want(5, num);
	mw.mw_purpose = PURPOSE_ROUTE;
	mw.mw_protocol = MAIL_IMAP;
	memset(&mo, 0, sizeof(mo));
	mo.mo_id = mw.mw_id;
	mo.mo_purpose = purpose;
	strlcpy(mo.mo_user, user, sizeof(mo.mo_user));
	CHECK(taken(login_want(&listener, &mw)), "want");
	CHECK(taken(say_grant(5, num, user, 0)), "grant");
	return (login_auth_ok(&mo));
}

static void
test_route_told(void)
{
	char	 text[SOURCE_TEXT_MAX];

	start("a route is sent once and opens nothing");
	CHECK(taken(route(1, "joe", PURPOSE_ROUTE)), "grant");
	nothing("a route");
	CHECK(did.sent[MSG_SESSION_ROUTE] == 1 && session_first() == NULL &&
	    listener.c_wanted == 0, "not told");
	source_text(&did.route.mu_host, text, sizeof(text));
	CHECK(strcmp(text, "192.0.2.1") == 0 &&
	    did.route.mu_host.so_port == 143 && did.route.mu_id.si_num == 1 &&
	    strcmp(did.route.mu_user, "joe") == 0, "told %s %u", text,
	    did.route.mu_host.so_port);
	CHECK(taken(say_ok(5, 1, "joe")), "a late grant");
	nothing("a late grant");
}

static void
test_route_refused(void)
{
	struct msg_want	 mw = want(5, 1);
	struct verdict	 vd;

	start("no route is sent to a listener that may not ask");
	parent.no_http = 1;
	mw.mw_purpose = PURPOSE_ROUTE;
	vd = login_want(&listener, &mw);
	CHECK(vd.vd_kind == VERDICT_DROP && session_first() == NULL &&
	    did.sent[MSG_SESSION_REFUSE] == 1, "not refused");
	parent.no_http = 0;
}

static void
test_route_userbase(void)
{
	start("a route needs no usertab line; no route is refused");
	CHECK(taken(route(1, "away", PURPOSE_ROUTE)), "grant");
	CHECK(did.sent[MSG_SESSION_ROUTE] == 1, "not told");
	CHECK(taken(route(2, "ann", PURPOSE_ROUTE)), "grant");
	CHECK(did.sent[MSG_SESSION_ROUTE] == 1 &&
	    did.sent[MSG_SESSION_REFUSE] == 1 && did.refused == REFUSE_PERM &&
	    strstr(parent.log, " reason=route user=\"ann\"") != NULL, "%s",
	    parent.log);
	nothing("a route");
}

static void
test_route_locked(void)
{
	start("a locked user has no route");
	did.locked = "joe";
	CHECK(taken(route(1, "joe", PURPOSE_ROUTE)), "grant");
	CHECK(did.sent[MSG_SESSION_ROUTE] == 0 &&
	    did.refused == REFUSE_LOCKED, "told");
}

static void
test_route_kind(void)
{
	start("what was checked as one is not taken as the other");
	CHECK(dropped(route(1, "joe", PURPOSE_SESSION)), "a session");
	CHECK(did.sent[MSG_SESSION_ROUTE] == 0 && did.refused == REFUSE_TEMP,
	    "told");
	{
		struct msg_auth_ok	 mo;

		memset(&mo, 0, sizeof(mo));
		mo.mo_id = want(5, 2).mw_id;
		mo.mo_purpose = PURPOSE_ROUTE;
		strlcpy(mo.mo_user, "joe", sizeof(mo.mo_user));
		CHECK(taken(say_want(&listener, 5, 2)), "want");
		CHECK(dropped(login_auth_ok(&mo)), "a route");
	}
	nothing("a lie");
	CHECK(session_first() == NULL && listener.c_wanted == 0, "left");
}

/* Answer for a session's route; with version 0, without a host. */
static struct verdict
say_route(uint64_t num, enum look_result result, uint8_t version,
    uint16_t port)
{
	struct msg_route_is	 ri;

	memset(&ri, 0, sizeof(ri));
	ri.ri_id = want(5, num).mw_id;
	ri.ri_result = result;
	ri.ri_host.so_version = version;
	ri.ri_host.so_port = port;
	ri.ri_host.so_addr[0] = 192;
	return (login_route_is(&ri));
}

static struct verdict
say_userinfo(uint64_t num)
{
	struct msg_userinfo_is	 us;

	memset(&us, 0, sizeof(us));
	us.us_id = want(5, num).mw_id;
	us.us_result = LOOK_FOUND;
	us.us_uid = parent.uid;
	us.us_gid = parent.gid;
	strlcpy(us.us_dir, "/tmp", sizeof(us.us_dir));
	return (login_userinfo_is(&us));
}

/* One that waits for tabpop. */
static void
asks(const char *what)
{
	parent.routeproc = 1;
	start(what);
	CHECK(taken(route(1, "away", PURPOSE_ROUTE)), "grant");
	CHECK(did.sent[MSG_ROUTE_WANT] == 1 && session_first() != NULL &&
	    did.sent[MSG_SESSION_ROUTE] == 0, "not asked");
}

/* It ended so, and opened nothing. */
static void
told(int routes, enum refuse_reason refused)
{
	CHECK(did.sent[MSG_SESSION_ROUTE] == routes, "%d routes",
	    did.sent[MSG_SESSION_ROUTE]);
	CHECK(routes == 1 || did.refused == refused, "refused with %d",
	    did.refused);
	CHECK(session_first() == NULL && listener.c_wanted == 0, "left");
	nothing("a route");
}

static void
test_process_route(void)
{
	asks("a table process gives the route, once");
	CHECK(taken(say_route(1, LOOK_FOUND, 4, 110)), "answer");
	told(1, 0);
	CHECK(did.route.mu_host.so_port == 110 &&
	    did.route.mu_host.so_addr[0] == 192, "told wrong");
	CHECK(taken(say_route(1, LOOK_FOUND, 4, 110)), "a late answer");
	told(1, 0);
	CHECK(did.sent[MSG_AUTH_COUNT] == 0, "counted");
}

static void
test_process_file_user(void)
{
	parent.routeproc = 1;
	start("a table process has no route for a user of a file before");
	CHECK(taken(route(1, "joe", PURPOSE_ROUTE)), "grant");
	CHECK(did.sent[MSG_ROUTE_WANT] == 0, "asked");
	told(0, REFUSE_PERM);
}

static void
test_process_none(void)
{
	asks("a table process has no route for the user");
	CHECK(taken(say_route(1, LOOK_NONE, 0, 0)), "answer");
	told(0, REFUSE_PERM);
}

static void
test_process_temp(void)
{
	asks("a table process's temporary failure refuses the login");
	CHECK(taken(say_route(1, LOOK_TEMP, 0, 0)), "answer");
	told(0, REFUSE_TEMP);
	CHECK(did.sent[MSG_AUTH_COUNT] == 0, "counted");
}

static void
test_tabpop_gone(void)
{
	asks("tabpop is gone");
	login_tables_lost();
	told(0, REFUSE_TEMP);
}

static void
test_process_locked(void)
{
	asks("a user who is locked meanwhile has none");
	did.locked = "away";
	CHECK(taken(say_route(1, LOOK_FOUND, 4, 110)), "answer");
	told(0, REFUSE_LOCKED);
}

static void
test_process_lies(void)
{
	asks("a lying tabpop");
	CHECK(lie(say_userinfo(1)), "userinfo for a route");
	CHECK(lie(say_route(1, LOOK_PROVE, 0, 0)), "a proof");
	CHECK(lie(say_route(1, LOOK_FOUND, 0, 0)), "no address");
	CHECK(lie(say_route(1, LOOK_FOUND, 4, 0)), "no port");
	CHECK(lie(say_route(1, LOOK_FOUND, 1, 110)), "popctl");
	CHECK(lie(say_route(1, LOOK_NONE, 4, 110)), "none, and one");
	CHECK(session_first() != NULL, "ended");
	nothing("lies");
	parent.routeproc = 0;
	CHECK(taken(say_want(&listener, 5, 2)), "want");
	CHECK(lie(say_route(2, LOOK_FOUND, 4, 110)), "a session's route");
	nothing("a lie");
	login_tables_lost();
}

static int
route_init(void)
{
	static const char	 text[] = "joe 192.0.2.1\naway 192.0.2.2\n";
	char			 path[] = "/tmp/unit-route.XXXXXX", why[128];
	int			 fd;

	if ((fd = mkstemp(path)) == -1)
		return (-1);
	unlink(path);
	if (write(fd, text, sizeof(text) - 1) == sizeof(text) - 1)
		parent.route = table_read(fd, "route", NULL, why, sizeof(why));
	close(fd);
	return (parent.route == NULL ? -1 : 0);
}

int
main(void)
{
	if (parent_init() == -1 || route_init() == -1)
		return (2);
	test_opened();
	test_locked();
	test_two_keys();
	test_two_users();
	test_granted_refused();
	test_checker_lost();
	test_unread_want();
	test_listener_alone();
	test_logins_waiting();
	test_late_grant();
	test_listener_dead();
	test_authpop_alone();
	test_no_userbase();
	test_refusal();
	test_reasons();
	test_route_told();
	test_route_refused();
	test_route_userbase();
	test_route_locked();
	test_route_kind();
	test_process_route();
	test_process_file_user();
	test_process_none();
	test_process_temp();
	test_tabpop_gone();
	test_process_locked();
	test_process_lies();
	return (unit_done());
}
