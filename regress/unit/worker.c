/*
 * link: $(IMSG_OBJS) lib/log.o lib/msg.o lib/source.o
 * waits
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The installed wrkrpop as its parent starts it: a stream, a channel, one
 * message in, log lines and one report out.  This test is the parent.
 */

#include "workerchild.h"

static void
test_end_of_input(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("the end of input: nothing is done, and told");
	make_maildir("one", 3);
	work_on(&work, "one");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 3\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_EOF, 0, 0, 0, 2, 3);
}

static void
test_bad_commands(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("twenty bad commands: told as such");
	work_on(&work, "one");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	say(&wo, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
	worker_reports(&wo, REPORT_BAD_COMMANDS, 0, 0, 0, 0, 3);
}

static void
test_quit_told(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("QUIT: the report has what was done");
	work_on(&work, "one");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "RETR 1\r\n"), "+OK"), "%s", wo.wo_reply);
	while (strcmp(reply(&wo), ".\r\n") != 0 && wo.wo_reply[0] != '\0')
		continue;
	CHECK(begins(say(&wo, "DELE 2\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "RSET\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 3\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(wo.wo_quits == 0 && imsgbuf_read(&wo.wo_buf) == 1, "nothing");
	take_messages(&wo);
	CHECK(wo.wo_quits == 1, "QUIT was answered before its parent was told");
	CHECK(reply(&wo)[0] == '\0', "after QUIT: %s", wo.wo_reply);
	worker_reports(&wo, REPORT_QUIT, 1, 13, 1, 0, 2);
}

static void
test_in_use(void)
{
	static const uint64_t	 times[] = { 1, 951782399, 951782400, 951868800,
	    1735689599, 1735689600, 1795743300, 4107542400ULL };
	struct msg_work		 work;
	struct worker		 first;
	struct worker		 second[sizeof(times) / sizeof(times[0]) + 1];
	struct tm		*tm;
	time_t			 t;
	char			 want[128];
	size_t			 i;

	unit_case("[IN-USE] says since when and from where");
	make_maildir("locked", 1);
	work_on(&work, "locked");
	worker_start(&first, &work);
	CHECK(begins(reply(&first), "+OK"), "greeting: %s", first.wo_reply);
	/* All at once: each waits for the lock for seconds. */
	work.wk_other.so_version = 4;
	inet_pton(AF_INET, "192.0.2.7", work.wk_other.so_addr);
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		work.wk_since = times[i];
		worker_start(&second[i], &work);
	}
	work.wk_since = 0;
	worker_start(&second[i], &work);
	CHECK(begins(reply(&second[i]), "-ERR [IN-USE] "), "%s",
	    second[i].wo_reply);
	CHECK(strstr(second[i].wo_reply, "since") == NULL, "%s",
	    second[i].wo_reply);
	worker_reports(&second[i], REPORT_REFUSED, 0, 0, 0, 0, 0);
	while (i-- > 0) {
		t = (time_t)times[i];
		tm = gmtime(&t);
		strftime(want, sizeof(want),
		    " since %Y-%m-%d %H:%M UTC from 192.0.2.7\r\n", tm);
		CHECK(begins(reply(&second[i]), "-ERR [IN-USE] "), "%s",
		    second[i].wo_reply);
		CHECK(strstr(second[i].wo_reply, want) != NULL, "%s: %s",
		    want, second[i].wo_reply);
		worker_reports(&second[i], REPORT_REFUSED, 0, 0, 0, 0, 0);
	}
	CHECK(begins(say(&first, "QUIT\r\n"), "+OK"), "%s", first.wo_reply);
	worker_reports(&first, REPORT_QUIT, 0, 0, 0, 0, 1);
}

/* Requests to give way before the session is idle; see proto/yield. */
static void
test_yield(void)
{
	struct msg_work		 work;
	struct msg_yield	 my;
	struct worker		 wo;
	struct timespec		 now;
	int			 i;

	unit_case("requests to give way do not disturb a session that is busy");
	make_maildir("yield", 2);
	work_on(&work, "yield");
	worker_start(&wo, &work);
	clock_gettime(CLOCK_MONOTONIC, &now);
	my.my_sent = (uint64_t)now.tv_sec * 1000;
	/* Some may come together with the first message, and before PASS. */
	for (i = 0; i < 3; i++)
		imsg_compose(&wo.wo_buf, MSG_YIELD, 0, 0, -1, &my, sizeof(my));
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);
	imsg_compose(&wo.wo_buf, MSG_YIELD, 0, 0, -1, &my, sizeof(my));
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	sleep(1);
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_QUIT, 0, 0, 1, 0, 1);
	CHECK(wo.wo_log[0] == '\0', "log: %s", wo.wo_log);
}

static void
test_kicked(void)
{
	struct msg_work	 work;
	struct worker	 wo;

	unit_case("a worker that is kicked ends without UPDATE");
	make_maildir("kicked", 2);
	work_on(&work, "kicked");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);
	imsg_compose(&wo.wo_buf, MSG_KICK, 0, 0, -1, NULL, 0);
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(kill(wo.wo_pid, SIGURG) == 0, "kill");
	/* On its way already, and not carried out. */
	CHECK(begins(say(&wo, "QUIT\r\n"), "-ERR [SYS/TEMP]"), "%s",
	    wo.wo_reply);
	worker_reports(&wo, REPORT_EOF, 0, 0, 0, 1, 2);
}

/* What the client did not read before it left is not counted as retrieved. */
static void
test_mute(void)
{
	struct msg_work	 work;
	struct worker	 wo;
	char		 path[64];
	int		 fd;

	unit_case("a stream shut for writing: nothing counts as retrieved");
	make_maildir("mute", 1);
	snprintf(path, sizeof(path), "mute/new/1600000099.x");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(ftruncate(fd, 64 << 20) == 0, "ftruncate");
	if (geteuid() == 0)
		CHECK(fchown(fd, MAIL_UID, MAIL_UID) == 0, "fchown");
	close(fd);
	work_on(&work, "mute");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "RETR 2\r\nDELE 2\r\nDELE 1\r\nQUIT\r\n"),
	    "+OK"), "%s", wo.wo_reply);
	shutdown(wo.wo_stream, SHUT_RD);
	worker_reports(&wo, REPORT_QUIT_PARTLY, 0, 0, 1, 1, 1);
	CHECK(access(path, F_OK) == 0, "it is gone");
}

/* Make a file in a maildir with a time this many days ago. */
static void
age(const char *path, int days)
{
	struct timespec	 ts[2];
	int		 fd;

	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(write(fd, "A: b\n\nabc\n", 10) == 10, "write");
	if (geteuid() == 0)
		CHECK(fchown(fd, MAIL_UID, MAIL_UID) == 0, "fchown");
	ts[0].tv_sec = ts[1].tv_sec = time(NULL) - days * 86400 - 10;
	ts[0].tv_nsec = ts[1].tv_nsec = 0;
	CHECK(futimens(fd, ts) == 0, "futimens");
	close(fd);
}

/* Messages of an age in days, and which of them expire. */
static const struct {
	const char	*name;
	int		 days;
	int		 gone;
} aged[] = {
	{ "expire/cur/1000000001.old:2,S", 40, 1 },
	{ "expire/cur/1000000002.flags:2,FRS", 30, 1 },
	{ "expire/cur/1000000003.young:2,S", 29, 0 },
	{ "expire/cur/1000000004.copied:2,S", 0, 0 },
	{ "expire/cur/1000000005.unseen:2,F", 40, 0 },
	{ "expire/new/1000000006.unread", 40, 0 },
	{ "expire/new/1000000007.read", 40, 1 },
	{ "expire/cur/99999999999999.counted:2,S", 40, 1 },
	{ "expire/cur/x.unnumbered:2,S", 40, 1 }
};

static void
test_expire(void)
{
	struct msg_work	 work;
	struct worker	 wo;
	char		 name[128];
	size_t		 i;

	unit_case("old and read messages expire at QUIT, no others");
	make_maildir("expire", 0);
	for (i = 0; i < sizeof(aged) / sizeof(aged[0]); i++)
		age(aged[i].name, aged[i].days);
	snprintf(name, sizeof(name), "expire/cur/%lld.new:2,S",
	    (long long)time(NULL) - 29 * 86400);
	age(name, 40);
	work_on(&work, "expire");
	work.wk_settings.stv_value[SETTING_EXPIRE] = 30;
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK maildrop has 10 "), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_EOF, 0, 0, 0, 0, 10);

	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK maildrop has 10 "), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "RETR 7\r\n"), "+OK"), "%s", wo.wo_reply);
	while (strcmp(reply(&wo), ".\r\n") != 0 && wo.wo_reply[0] != '\0')
		continue;
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "STAT\r\n"), "+OK 9 "), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_QUIT, 1, 13, 1, 0, 5);
	CHECK(wo.wo_report.rp_expired == 4, "%d expired",
	    (int)wo.wo_report.rp_expired);
	for (i = 0; i < sizeof(aged) / sizeof(aged[0]); i++)
		CHECK((access(aged[i].name, F_OK) == -1) == aged[i].gone,
		    "%s", aged[i].name);
	CHECK(access(name, F_OK) == 0, "%s", name);
}

/* What the cases of one scenario share. */
static struct {
	struct worker	 wo;
} test;

static void
test_signals(void)
{
	struct msg_work	 work;

	unit_case("signals for all of popd do not end a session");
	make_maildir("two", 2);
	work_on(&work, "two");
	worker_start(&test.wo, &work);
	CHECK(begins(reply(&test.wo), "+OK"), "greeting: %s", test.wo.wo_reply);
	kill(test.wo.wo_pid, SIGHUP);
	kill(test.wo.wo_pid, SIGINT);
	kill(test.wo.wo_pid, SIGTERM);
	CHECK(begins(say(&test.wo, "DELE 1\r\n"), "+OK"), "%s",
	    test.wo.wo_reply);
}

static void
test_parent_dies(void)
{
	unit_case("UPDATE is done though the parent has gone");
	close(test.wo.wo_channel);
	test.wo.wo_channel = -1;
	CHECK(begins(say(&test.wo, "QUIT\r\n"), "+OK"), "%s", test.wo.wo_reply);
	worker_end(&test.wo);
	CHECK(test.wo.wo_status == 0, "0x%x", test.wo.wo_status);
	CHECK(access("two/new/1600000000.x", F_OK) == -1, "still there");
	CHECK(access("two/new/1600000001.x", F_OK) == 0, "gone too");
}

int
main(void)
{
	const char	*stage = getenv("STAGE");

	unit_case("wrkrpop as its parent starts it");
	snprintf(program, sizeof(program), "%s/libexec/popd/wrkrpop",
	    stage == NULL ? "" : stage);
	if (access(program, X_OK) == -1) {
		unit_skip("not installed");
		return (unit_done());
	}
	/* What it says before it has a channel is expected. */
	close(STDERR_FILENO);
	open("/dev/null", O_WRONLY);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	test_end_of_input();
	test_bad_commands();
	test_quit_told();
	test_in_use();
	test_yield();
	test_kicked();
	test_mute();
	test_signals();
	test_parent_dies();
	test_expire();
	return (unit_done());
}
