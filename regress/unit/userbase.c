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
 * The parent and a tabpop that is not ours any more: it is asked after the
 * files before it, about a user who has proved who he is; what it says is
 * judged as a line of usertab is, and only once.
 */

#include "limits.h"
#include "parent.h"
#include "popd/userbase.h"

static struct verdict
say_is(uint64_t num, enum look_result result, unsigned int uid,
    unsigned int gid, const char *dir)
{
	struct msg_userinfo_is	 us;

	memset(&us, 0, sizeof(us));
	us.us_id = want(5, num).mw_id;
	us.us_result = result;
	us.us_place = 1;
	us.us_uid = uid;
	us.us_gid = gid;
	strlcpy(us.us_dir, dir, sizeof(us.us_dir));
	return (login_userinfo_is(&us));
}

/* Log in a user who is in no file, so that tabpop is asked. */
static void
ask(uint64_t num, const char *user)
{
	uint32_t	 before = did.sent[MSG_USERINFO];

	parent.user = user;
	CHECK(taken(say_want(&listener, 5, num)), "want");
	CHECK(taken(say_ok(5, num, user)), "grant");
	CHECK(did.sent[MSG_USERINFO] == before + 1, "not asked");
	CHECK(did.execs == 0 && did.sent[MSG_SESSION_REFUSE] == 0,
	    "answered before that");
}

static void
begin(const char *name)
{
	start(name);
	/* The second of userbase, after the file. */
	parent.userprocs = 1U << 1;
}

static void
refused(enum refuse_reason reason, const char *forgot)
{
	CHECK(did.execs == 0, "opened");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 1 && did.refused == reason,
	    "%u refused with %d", did.sent[MSG_SESSION_REFUSE], did.refused);
	CHECK(session_first() == NULL && listener.c_wanted == 0, "left");
	CHECK(did.timer == NULL, "its timer runs");
	CHECK(strcmp(did.forgot, forgot) == 0, "forgot %s", did.forgot);
	CHECK(did.sent[MSG_AUTH_COUNT] == (forgot[0] != '\0'), "%u failures",
	    did.sent[MSG_AUTH_COUNT]);
}

static void
test_file_user(void)
{
	begin("a user of a file is not asked about");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_ok(5, 1, "joe")), "grant");
	CHECK(did.execs == 1 && did.sent[MSG_USERINFO] == 0, "asked");
}

static void
test_process_user(void)
{
	begin("a table process's user gets tabpop's answer, once");
	ask(1, "eve");
	CHECK(taken(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "/tmp")),
	    "an answer");
	CHECK(did.execs == 1 && did.sent[MSG_SESSION_OPEN] == 1, "not opened");
	CHECK(did.forgot[0] == '\0' && did.timer == NULL, "and what else");
	CHECK(lie(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "/tmp")),
	    "again");
	CHECK(did.execs == 1, "opened again");
}

static void
test_unknown_user(void)
{
	/*
	 * All the same to the client as a wrong password, and the checkers
	 * forget his: the next time is as slow.
	 */
	begin("an unknown user is refused, and forgotten");
	ask(1, "eve");
	CHECK(taken(say_is(1, LOOK_NONE, 0, 0, "")), "an answer");
	refused(REFUSE_AUTH, "eve");
}

static void
test_root(void)
{
	begin("so is a user with root's uid");
	ask(1, "eve");
	CHECK(taken(say_is(1, LOOK_FOUND, 0, parent.gid, "/tmp")), "uid");
	refused(REFUSE_AUTH, "eve");
}

static void
test_root_group(void)
{
	begin("or of its group");
	ask(1, "eve");
	CHECK(taken(say_is(1, LOOK_FOUND, parent.uid, 0, "/tmp")), "gid");
	refused(REFUSE_AUTH, "eve");
}

static void
test_own_processes(void)
{
	begin("or one of popd's own processes");
	settings.uid = 0;
	settings.uids[USER_KEY] = 77;
	ask(1, "eve");
	CHECK(taken(say_is(1, LOOK_FOUND, 77, parent.gid, "/tmp")), "ours");
	settings.uid = geteuid();
	refused(REFUSE_AUTH, "eve");
}

static void
test_own_groups(void)
{
	begin("or of a group of theirs");
	settings.uid = 0;
	settings.gids[USER_KEY] = 77;
	ask(1, "eve");
	CHECK(taken(say_is(1, LOOK_FOUND, parent.uid, 77, "/tmp")), "ours");
	settings.uid = geteuid();
	settings.gids[USER_KEY] = 0;
	refused(REFUSE_AUTH, "eve");
}

/* Ask with these bounds of the process. */
static void
bounded(uint32_t uid, uint32_t gid, const char *below)
{
	parent.bounds[1].bd_uid.rg_most = uid;
	parent.bounds[1].bd_gid.rg_least = gid;
	parent.bounds[1].bd_below = below;
	ask(1, "eve");
}

static void
test_bounds(void)
{
	const struct {
		uint32_t	 uid, gid;
		const char	*below, *what;
	}	 tries[] = {
		{ 100, 20, NULL, "uid out of bounds user=\"eve\" uid=101 "
		    "gid=20 directory=\"/m/a/eve\"" },
		{ 101, 21, NULL, "gid out of bounds" },
		{ 101, 20, "/m/b", "directory out of bounds" }
	};
	size_t	 i;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		begin("an answer out of the bounds of its table is refused");
		bounded(tries[i].uid, tries[i].gid, tries[i].below);
		CHECK(taken(say_is(1, LOOK_FOUND, 101, 20, "/m/a/eve")),
		    "an answer");
		refused(REFUSE_AUTH, "eve");
		CHECK(strstr(parent.log, tries[i].what) != NULL, "%s",
		    parent.log);
	}
}

static void
test_below(void)
{
	static const struct {
		const char	*dir;
		int		 good;
	}	 dirs[] = {
		{ "/m/a/eve", 1 }, { "//m/./a///eve/.x/", 1 },
		{ "/m/a", 0 }, { "/m/a/", 0 }, { "/m/a/.", 0 },
		{ "/m/a/./", 0 }, { "/m/ab/eve", 0 }, { "/m", 0 }, { "/", 0 },
		{ "/m/a/../b", 0 }, { "/m/../m/a/eve", 0 }, { "/m/a/..", 0 },
		{ "/m/a/eve/..", 0 }, { "/m/a/..eve", 1 }
	};
	size_t	 i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		begin("a directory is below another by its parts");
		bounded(UINT32_MAX, 0, "/m/a/");
		CHECK(taken(say_is(1, LOOK_FOUND, parent.uid, parent.gid,
		    dirs[i].dir)), "an answer");
		CHECK(did.execs == dirs[i].good, "%s", dirs[i].dir);
	}
}

static void
test_file_place(void)
{
	begin("tabpop cannot answer for a file, which has other bounds");
	ask(1, "eve");
	parent.userprocs = 1U << 0;
	CHECK(taken(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "/tmp")),
	    "an answer");
	refused(REFUSE_TEMP, "");
}

static void
test_not_now(void)
{
	begin("a temporary failure is neither forgotten nor counted");
	ask(1, "eve");
	CHECK(taken(say_is(1, LOOK_TEMP, 0, 0, "")), "an answer");
	refused(REFUSE_TEMP, "");
}

static void
test_too_late(void)
{
	begin("so is an answer that comes too late");
	ask(1, "eve");
	CHECK(did.late_seconds > TABLE_SECONDS, "sooner than tabpop");
	late();
	refused(REFUSE_TEMP, "");
	CHECK(taken(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "/tmp")),
	    "late, and no lie");
	refused(REFUSE_TEMP, "");
}

static void
test_tabpop_gone(void)
{
	begin("and what a tabpop was asked that is gone");
	ask(1, "eve");
	login_tables_lost();
	refused(REFUSE_TEMP, "");
}

static void
test_no_processes(void)
{
	begin("without table processes usertab decides alone");
	parent.userprocs = 0;
	parent.user = "eve";
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(taken(say_ok(5, 1, "eve")), "grant");
	refused(REFUSE_AUTH, "eve");
}

static void
test_unasked(void)
{
	begin("an unasked answer opens no session");
	CHECK(taken(say_want(&listener, 5, 1)), "want");
	CHECK(lie(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "/tmp")),
	    "before the grant");
	CHECK(taken(say_is(2, LOOK_FOUND, parent.uid, parent.gid, "/tmp")),
	    "of no session");
	CHECK(did.execs == 0 && did.sent[MSG_SESSION_REFUSE] == 0, "acted");
}

static void
test_nonsense(void)
{
	begin("an answer that makes no sense is ignored");
	ask(1, "eve");
	CHECK(lie(say_is(1, LOOK_PROVE, 0, 0, "")), "of another question");
	CHECK(lie(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "etc")),
	    "no path");
	CHECK(lie(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "")),
	    "no directory");
	CHECK(did.execs == 0 && did.sent[MSG_SESSION_REFUSE] == 0, "acted");
}

static void
test_session_over(void)
{
	begin("a session that ends while tabpop is asked is no more");
	ask(1, "eve");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	CHECK(did.timer == NULL, "its timer runs");
	CHECK(taken(say_is(1, LOOK_FOUND, parent.uid, parent.gid, "/tmp")),
	    "late, and no lie");
	CHECK(did.execs == 0 && session_first() == NULL, "opened");
}

int
main(void)
{
	if (parent_init() == -1)
		return (2);
	test_file_user();
	test_process_user();
	test_unknown_user();
	test_root();
	test_root_group();
	test_own_processes();
	test_own_groups();
	test_bounds();
	test_below();
	test_file_place();
	test_not_now();
	test_too_late();
	test_tabpop_gone();
	test_no_processes();
	test_unasked();
	test_nonsense();
	test_session_over();
	return (unit_done());
}
