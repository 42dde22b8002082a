/*
 * link: popd/conf.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Configuration of popd: new children. */

#include <sys/wait.h>

#include <unistd.h>

#include "confchildren.h"

/* It is dead and not reaped yet, so nothing else ends the start. */
static void
test_lost(void)
{
	int	 i, status = 0;
	pid_t	 pid;

	begin("no start without a child that died before it was asked");
	fflush(stdout);
	if ((pid = fork()) == 0) {
		kids[1].c_chan = NULL;
		kids[1].c_state = CHILD_GONE;
		conf_reload();
		for (i = 0; i < KIDS; i++)
			if (i != 1)
				conf_ok(&kids[i]);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 1, "status %d", status);
}

/* What all cases begin with: three kids that serve. */
static void
test_first(void)
{
	int	 i;

	begin("a first configuration is used when all agree");
	conf_reload();
	for (i = 0; i < KIDS; i++)
		agree(i);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	calm();
}

static void
test_silent(void)
{
	begin("a child that does not answer is killed, others continue");
	conf_reload();
	agree(0);
	agree(2);
	timers_pass(LONG);
	CHECK(t.kills[1] == 1 && t.kills[0] + t.kills[2] == 0, "%d %d %d",
	    t.kills[0], t.kills[1], t.kills[2]);
	got(MSG_CONF_COMMIT, 1, 0, 1);
	CHECK(kids[0].c_state == CHILD_READY, "state %d", kids[0].c_state);
	CHECK(sets() == 1, "%d sets", sets());
}

static void
test_in_use_alone(void)
{
	begin("a new child gets what is in use, alone");
	born(1, ROLE_KEY);
	t.new_child();
	got(MSG_CONF_CHECK, 0, 1, 0);
	agree(1);
	got(MSG_CONF_COMMIT, 0, 1, 0);
	calm();
}

static void
test_level(void)
{
	begin("and the log level that popctl set, as the others have");
	settings.verbose = LOG_TRACE;
	born(1, ROLE_KEY);
	t.new_child();
	agree(1);
	got(MSG_VERBOSE, 0, 1, 0);
	CHECK(settings.verbose == LOG_TRACE, "it is %d", settings.verbose);
	calm();
}

static void
test_level_over(void)
{
	int	 i;

	begin("until a reload");
	conf_reload();
	for (i = 0; i < KIDS; i++)
		agree(i);
	got(MSG_VERBOSE, 0, 0, 0);
	CHECK(settings.verbose == LOG_BRIEF, "it is %d", settings.verbose);
	calm();
}

static void
test_disk_changed(void)
{
	begin("all get the files on disk if they have changed");
	born(1, ROLE_KEY);
	t.changed = 1;
	t.new_child();
	t.changed = 0;
	got(MSG_CONF_CHECK, 1, 1, 1);
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	calm();
}

static void
test_bad_waits(void)
{
	begin("if those are bad it waits, and the others continue");
	born(1, ROLE_KEY);
	t.changed = t.bad_disk = 1;
	t.new_child();
	CHECK(t.kills[1] == 1, "%d kills", t.kills[1]);
	got(MSG_CONF_TRY, 0, 0, 0);
}

static void
test_not_connected(void)
{
	begin("a new child that cannot be connected is started again");
	born(1, ROLE_KEY);
	t.unjoinable = 1;
	t.new_child();
	agree(1);
	CHECK(t.kills[1] == 1 && kids[1].c_state == CHILD_GONE,
	    "%d kills, state %d", t.kills[1], kids[1].c_state);
	CHECK(kids[0].c_state == CHILD_READY &&
	    kids[2].c_state == CHILD_READY, "the others");
}

static void
test_connected(void)
{
	begin("and is configured then");
	born(1, ROLE_KEY);
	t.new_child();
	agree(1);
	calm();
}

static void
test_followed(void)
{
	int	 i;

	begin("a popd that another one has followed opens no files any more");
	conf_reload();
	conf_reload();
	conf_close();
	for (i = 0; i < KIDS; i++)
		agree(i);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	got(MSG_CONF_TRY, 1, 1, 1);
	calm();
}

int
main(void)
{
	setup();
	test_lost();
	test_first();
	test_silent();
	test_in_use_alone();
	test_level();
	test_level_over();
	test_disk_changed();
	test_bad_waits();
	test_not_connected();
	test_connected();
	test_followed();
	return (unit_done());
}
