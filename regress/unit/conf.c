/*
 * link: popd/conf.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent's half of the configuration exchange: it is all or nothing, never
 * waits in vain, and only new processes decide about new files.
 */

#include "confchildren.h"

static void
test_agreed(void)
{
	begin("used when all agree, and not before");
	conf_reload();
	got(MSG_CONF_CHECK, 1, 1, 1);
	agree(0);
	agree(1);
	got(MSG_CONF_COMMIT, 0, 0, 0);
	CHECK(!conf_begun() && t.started == 0, "used");
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	CHECK(conf_begun() && t.started == 1, "not used");
	calm();
	CHECK(conf_ok(&kids[0]).vd_kind == VERDICT_LIE, "an answer to nothing");
}

static void
test_reload_follows(void)
{
	begin("a reload during an exchange follows it");
	conf_reload();
	t.begun = t.answered = 0;
	conf_reload();
	conf_reload();
	got(MSG_CONF_CHECK, 1, 1, 1);
	agree(0);
	agree(1);
	CHECK(t.begun == 0 && t.answered == 0, "%d begun", t.begun);
	agree(2);
	CHECK(t.begun == 1 && t.answered == 1, "%d begun", t.begun);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	got(MSG_CONF_CHECK, 2, 2, 2);
	agree(2);
	agree(1);
	agree(0);
	got(MSG_CONF_COMMIT, 2, 2, 2);
	calm();
}

static void
test_refused(void)
{
	begin("a judge refuses: nothing changes, its reason is quoted last");
	t.objects = ROLE_AUTH;
	conf_reload();
	got(MSG_CONF_TRY, 0, 0, 0);
	CHECK(t.sent[JUDGE][MSG_CONF_CHECK] == 4, "%d judges",
	    t.sent[JUDGE][MSG_CONF_CHECK]);
	CHECK(strcmp(t.log, "configuration not changed: judge[3]: "
	    "\"login failed 'x'\"\n") == 0 && t.answered == -1, "log: %s",
	    t.log);
	calm();
}

static void
test_no_judge(void)
{
	begin("nor does anything if a judge cannot be started");
	t.unborn = ROLE_KEY;
	conf_reload();
	got(MSG_CONF_TRY, 0, 0, 0);
	CHECK(strncmp(t.log, "configuration not changed: cannot start keypop",
	    46) == 0, "log: %s", t.log);
	calm();
}

static void
test_silent_judge(void)
{
	begin("or is silent");
	t.silent = ROLE_KEY;
	conf_reload();
	timers_pass(LONG);
	got(MSG_CONF_TRY, 0, 0, 0);
	CHECK(strcmp(t.log, "configuration not changed: judge[2] ended "
	    "unexpectedly\n") == 0 && t.kills[JUDGE] == 1, "log: %s", t.log);
	calm();
}

/* Kid 1 was killed: the next one gets what is in use. */
static void
back(void)
{
	CHECK(t.kills[1] == 1 && t.kills[0] + t.kills[2] == 0, "%d %d %d",
	    t.kills[0], t.kills[1], t.kills[2]);
	CHECK(t.answered == 1 && sets() == 1, "%d sets", sets());
	memset(t.sent, 0, sizeof(t.sent));
	t.unsendable = t.uncommitted = t.dying = -1;
	born(1, ROLE_KEY);
	t.new_child();
	got(MSG_CONF_CHECK, 0, 1, 0);
	agree(1);
	got(MSG_CONF_COMMIT, 0, 1, 0);
	t.kills[1] = 0;
	calm();
}

static void
test_objects(void)
{
	begin("a child that refuses what the judges accept is killed");
	conf_reload();
	agree(0);
	CHECK(object(&kids[1]).vd_kind == VERDICT_TAKEN, "bad");
	agree(2);
	got(MSG_CONF_COMMIT, 1, 0, 1);
	CHECK(strncmp(t.log, "kid[1]: \"login failed 'x'\"\n", 26) == 0,
	    "log: %s", t.log);
	back();
}

static void
test_changed(void)
{
	begin("unless the files have changed meanwhile: they are judged again");
	conf_reload();
	agree(0);
	t.changed = 1;
	object(&kids[1]);
	t.changed = 0;
	agree(2);
	got(MSG_CONF_COMMIT, 1, 0, 1);
	got(MSG_CONF_CHECK, 2, 2, 2);
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 2, 1, 2);
	calm();
}

static void
test_syntax(void)
{
	begin("a popd.conf with an error changes nothing");
	t.bad_conf = 1;
	t.used = 0;
	conf_reload();
	t.bad_conf = 0;
	got(MSG_CONF_TRY, 0, 0, 0);
	CHECK(strcmp(t.log, "configuration not changed: popd.conf:3: "
	    "no good\n") == 0 && t.used == 0, "log: %s", t.log);
	calm();
}

static void
test_no_file(void)
{
	begin("files that cannot be opened change nothing");
	t.bad_disk = 1;
	conf_reload();
	got(MSG_CONF_TRY, 0, 0, 0);
	CHECK(strcmp(t.log, "configuration not changed: authtab: no good\n") ==
	    0, "log: %s", t.log);
	calm();
}

static void
test_not_sent(void)
{
	begin("a child that cannot be sent its files is killed");
	t.unsendable = 1;
	conf_reload();
	agree(0);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 0, 1);
	back();
}

static void
test_role_lost(void)
{
	begin("a role that is down holds no reload back");
	t.dying = 1;
	conf_reload();
	agree(0);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 0, 1);
	t.kills[1] = 1;
	back();
}

static void
test_not_committed(void)
{
	begin("a child that cannot be sent COMMIT is killed");
	t.uncommitted = 1;
	conf_reload();
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	back();
}

int
main(void)
{
	setup();
	test_agreed();
	test_reload_follows();
	test_refused();
	test_no_judge();
	test_silent_judge();
	test_syntax();
	test_no_file();
	test_objects();
	test_changed();
	test_not_sent();
	test_role_lost();
	test_not_committed();
	return (unit_done());
}
