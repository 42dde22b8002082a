/*
 * link: popd/conf.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent's half of the configuration exchange: it is all or nothing, never
 * waits in vain, and loses no child with sessions unless that hangs.
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
	struct msg_text	 mtx;

	begin("one refuses: nothing changes, its reason is quoted last");
	memset(&mtx, 0, sizeof(mtx));
	strlcpy(mtx.mtx_text, "login failed \"x\"", sizeof(mtx.mtx_text));
	conf_reload();
	agree(0);
	CHECK(conf_bad(&kids[1], &mtx).vd_kind == VERDICT_TAKEN, "bad");
	agree(2);
	got(MSG_CONF_ABORT, 1, 1, 1);
	got(MSG_CONF_COMMIT, 0, 0, 0);
	CHECK(strcmp(t.log, "configuration not changed: kid[1]: "
	    "\"login failed 'x'\"\n") == 0, "log: %s", t.log);
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
	begin("a child that cannot be sent its files now is not waited for");
	t.unsendable = 0;
	conf_reload();
	agree(1);
	agree(2);
	got(MSG_CONF_ABORT, 1, 1, 1);
	/* Nobody said no: once more. */
	agree(1);
	agree(2);
	got(MSG_CONF_ABORT, 2, 2, 2);
	calm();
	timers_pass(LONG);
	calm();
}

static void
test_role_lost(void)
{
	begin("a role that is lost while the files are opened is missed");
	t.dying = 1;
	conf_reload();
	t.dying = -1;
	agree(0);
	agree(2);
	got(MSG_CONF_COMMIT, 0, 0, 0);
	got(MSG_CONF_ABORT, 1, 0, 1);
	CHECK(strncmp(t.log, "configuration not changed: keypop is down", 41) ==
	    0, "log: %s", t.log);
	born(1, ROLE_KEY);
	t.new_child();
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	calm();
}

static void
test_anew(void)
{
	begin("a child that cannot be sent COMMIT is asked anew");
	t.uncommitted = 1;
	conf_reload();
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	got(MSG_CONF_CHECK, 2, 2, 2);
	t.uncommitted = -1;
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 2, 2, 2);
	calm();
}

static void
test_restarted(void)
{
	begin("one that does not serve yet is started again");
	born(1, ROLE_KEY);
	t.uncommitted = 1;
	t.new_child();
	agree(1);
	CHECK(t.kills[1] == 1 && t.kills[0] + t.kills[2] == 0, "%d %d %d",
	    t.kills[0], t.kills[1], t.kills[2]);
	t.uncommitted = -1;
	born(1, ROLE_KEY);
	t.new_child();
	agree(1);
	t.kills[1] = 0;
	calm();
}

int
main(void)
{
	setup();
	test_agreed();
	test_reload_follows();
	test_refused();
	test_syntax();
	test_no_file();
	test_not_sent();
	test_role_lost();
	test_anew();
	test_restarted();
	return (unit_done());
}
