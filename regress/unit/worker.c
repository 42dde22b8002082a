/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 *
 * link: $(IMSG_OBJS) lib/log.o lib/msg.o lib/source.o
 */

/*
 * The installed wrkrpop as its parent starts it: a stream, a channel, one
 * message in, log lines and one report out.  This test is the parent.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "imsg.h"
#include "msg.h"

#include "started.h"
#include "unit.h"

#define MAIL_UID	20701	/* of the maildirs, if we are root */
#define PATIENCE	20000	/* milliseconds for what should be immediate */

struct worker {
	pid_t		 wo_pid;
	int		 wo_stream;
	struct imsgbuf	 wo_buf;
	int		 wo_channel;
	char		 wo_reply[4096];
	char		 wo_log[4096];		/* all of its log lines */
	struct msg_report wo_report;
	int		 wo_reports;
	struct msg_doing wo_doing;	/* the last answer */
	int		 wo_answers;
	int		 wo_removed;		/* lines for the log */
	int		 wo_expired;		/* of these */
	int		 wo_status;
};

static char	program[1024];

/* A maildir with so many messages of 10 octets on disk, 13 as sent. */
static void
make_maildir(const char *name, int messages)
{
	static const char	*subs[] = { "", "/tmp", "/new", "/cur" };
	char			 path[1024];
	size_t			 i;
	int			 fd;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", name, subs[i]);
		CHECK(mkdir(path, 0700) == 0, "mkdir %s", path);
		if (geteuid() == 0)
			CHECK(chown(path, MAIL_UID, MAIL_UID) == 0, "chown");
	}
	while (messages-- > 0) {
		snprintf(path, sizeof(path), "%s/new/%d.x", name,
		    1600000000 + messages);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		CHECK(write(fd, "A: b\n\nabc\n", 10) == 10, "write");
		if (geteuid() == 0)
			CHECK(fchown(fd, MAIL_UID, MAIL_UID) == 0, "fchown");
		close(fd);
	}
}

static int	 real_root;	/* only the effective uid changes */

static void
worker_exec(uid_t uid, gid_t gid, int stream, int channel)
{
	dup2(stream, 0);
	dup2(stream, 1);
	dup2(channel, 3);
	if (geteuid() == 0 && (setgid(gid) == -1 ||
	    setresuid(real_root ? 0 : uid, uid, uid) == -1))
		_exit(99);
	started_by_popd();
	execl(program, "wrkrpop", (char *)NULL);
	_exit(98);
}

/* Start one, with these ids if we are root; work NULL: it is told nothing. */
static void
worker_start_as(struct worker *wo, const struct msg_work *work, uid_t uid,
    gid_t gid)
{
	int	channel[2], stream[2];

	memset(wo, 0, sizeof(*wo));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) == 0,
	    "socketpair");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0,
	    "socketpair");
	/* As its parent makes that end. */
	CHECK(fcntl(channel[1], F_SETFL, O_NONBLOCK) == 0, "fcntl");
	wo->wo_stream = stream[0];
	wo->wo_channel = channel[0];
	CHECK(imsgbuf_init(&wo->wo_buf, channel[0]) == 0, "imsgbuf_init");
	if (work != NULL) {
		CHECK(imsg_compose(&wo->wo_buf, MSG_WORK, 0, 0, -1, work,
		    sizeof(*work)) == 1, "imsg_compose");
		CHECK(imsgbuf_flush(&wo->wo_buf) == 0, "imsgbuf_flush");
	}
	if ((wo->wo_pid = fork()) == 0)
		worker_exec(uid, gid, stream[1], channel[1]);
	close(stream[1]);
	close(channel[1]);
}

static void
worker_start(struct worker *wo, const struct msg_work *work)
{
	worker_start_as(wo, work, MAIL_UID, MAIL_UID);
}

static int
readable(int fd)
{
	struct pollfd	pfd = { fd, POLLIN, 0 };

	return (poll(&pfd, 1, PATIENCE) == 1);
}

/* The next reply in wo_reply, up to its LF; "" if the stream has ended. */
static const char *
reply(struct worker *wo)
{
	size_t	n = 0;
	ssize_t	got;

	while (n < sizeof(wo->wo_reply) - 1 && readable(wo->wo_stream)) {
		got = read(wo->wo_stream, wo->wo_reply + n, 1);
		if (got != 1 || wo->wo_reply[n++] == '\n')
			break;
	}
	wo->wo_reply[n] = '\0';
	return (wo->wo_reply);
}

static const char *
say(struct worker *wo, const char *text)
{
	CHECK(send(wo->wo_stream, text, strlen(text), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(text), "cannot send %s", text);
	return (reply(wo));
}

static int
begins(const char *text, const char *with)
{
	return (strncmp(text, with, strlen(with)) == 0);
}

/* It has removed a message, and waits after a window of them. */
static void
take_removed(struct worker *wo, const struct msg_removed *rv)
{
	CHECK(strlen(rv->rv_uidl) == 64 && rv->rv_octets == 13, "%s, %u",
	    rv->rv_uidl, (unsigned int)rv->rv_octets);
	wo->wo_removed++;
	wo->wo_expired += rv->rv_expired;
	if (wo->wo_removed % AUDIT_WINDOW != 0)
		return;
	imsg_compose(&wo->wo_buf, MSG_REMOVED_OK, 0, 0, -1, NULL, 0);
	CHECK(imsgbuf_flush(&wo->wo_buf) == 0, "imsgbuf_flush");
}

static void
take_messages(struct worker *wo)
{
	union msg_payload	 payload;
	struct imsg		 imsg;
	const char		*why;

	while (imsgbuf_get(&wo->wo_buf, &imsg) == 1) {
		why = msg_check(&imsg, &payload);
		CHECK(why == NULL, "%s", why);
		CHECK(wo->wo_reports == 0, "a message behind the report");
		if (imsg_get_type(&imsg) == MSG_LOG) {
			strlcat(wo->wo_log, payload.log.ml_text,
			    sizeof(wo->wo_log));
			strlcat(wo->wo_log, "\n", sizeof(wo->wo_log));
		} else if (imsg_get_type(&imsg) == MSG_REPORT) {
			wo->wo_report = payload.report;
			wo->wo_reports++;
		} else if (imsg_get_type(&imsg) == MSG_DOING) {
			wo->wo_doing = payload.doing;
			wo->wo_answers++;
		} else if (imsg_get_type(&imsg) == MSG_REMOVED)
			take_removed(wo, &payload.removed);
		else
			CHECK(0, "a %s", msg_name(imsg_get_type(&imsg)));
		imsg_free(&imsg);
	}
}

/* Everything to the end: report, log, exit status. */
static void
worker_end(struct worker *wo)
{
	close(wo->wo_stream);
	while (wo->wo_channel != -1 && readable(wo->wo_channel) &&
	    imsgbuf_read(&wo->wo_buf) == 1)
		take_messages(wo);
	CHECK(waitpid(wo->wo_pid, &wo->wo_status, 0) == wo->wo_pid, "wait");
	imsgbuf_clear(&wo->wo_buf);
	if (wo->wo_channel != -1)
		close(wo->wo_channel);
}

/* One that ends as it should, with just this report. */
static void
worker_reports(struct worker *wo, uint32_t reason, int messages, int octets,
    int deleted, int marked, int left)
{
	const struct msg_report	*rp = &wo->wo_report;

	worker_end(wo);
	CHECK(wo->wo_status == 0, "status 0x%x, log %s", wo->wo_status,
	    wo->wo_log);
	CHECK(wo->wo_reports == 1, "%d reports", wo->wo_reports);
	CHECK(rp->rp_reason == reason, "reason %u", rp->rp_reason);
	CHECK(rp->rp_messages == (uint64_t)messages &&
	    rp->rp_octets == (uint64_t)octets &&
	    rp->rp_deleted == (uint64_t)deleted &&
	    rp->rp_marked == (uint64_t)marked &&
	    rp->rp_left == (uint64_t)left,
	    "report: %d messages, %d octets, %d deleted, %d marked, %d left",
	    (int)rp->rp_messages, (int)rp->rp_octets, (int)rp->rp_deleted,
	    (int)rp->rp_marked, (int)rp->rp_left);
}

static void
work_on(struct msg_work *work, const char *name)
{
	char	cwd[512];

	memset(work, 0, sizeof(*work));
	work->wk_id.si_gen = 7;
	work->wk_id.si_num = 19;
	strlcpy(work->wk_user, "joe", sizeof(work->wk_user));
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL, "getcwd");
	snprintf(work->wk_maildir, sizeof(work->wk_maildir), "%s/%s", cwd,
	    name);
}

static void
test_reports(void)
{
	struct msg_work	work;
	struct worker	wo;

	unit_case("the end of input: nothing is done, and told");
	make_maildir("one", 3);
	work_on(&work, "one");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 3\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_EOF, 0, 0, 0, 2, 3);

	unit_case("twenty bad commands: told as such");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	say(&wo, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
	worker_reports(&wo, REPORT_BAD_COMMANDS, 0, 0, 0, 0, 3);

	unit_case("QUIT: what was done is told");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "RETR 1\r\n"), "+OK"), "%s", wo.wo_reply);
	while (strcmp(reply(&wo), ".\r\n") != 0 && wo.wo_reply[0] != '\0')
		continue;
	CHECK(begins(say(&wo, "DELE 2\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "RSET\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "DELE 3\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(reply(&wo)[0] == '\0', "after QUIT: %s", wo.wo_reply);
	worker_reports(&wo, REPORT_QUIT, 1, 13, 1, 0, 2);
}

static void
test_in_use(void)
{
	static const uint64_t	times[] = { 1, 951782399, 951782400, 951868800,
	    1735689599, 1735689600, 1795743300, 4107542400ULL };
	struct msg_work	 work;
	struct worker	 first, second[sizeof(times) / sizeof(times[0]) + 1];
	struct tm	*tm;
	time_t		 t;
	char		 want[128];
	size_t		 i;

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

static void
test_refused(void)
{
	struct msg_work	work;
	struct worker	wo;

	unit_case("a directory that is not there is [SYS/PERM], and logged");
	work_on(&work, "missing");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "-ERR [SYS/PERM] "), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_REFUSED, 0, 0, 0, 0, 0);
	CHECK(wo.wo_log[0] != '\0', "nothing in the log");

	unit_case("a symbolic link is [SYS/PERM]");
	CHECK(symlink("one", "link") == 0, "symlink");
	work_on(&work, "link");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "-ERR [SYS/PERM] "), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_REFUSED, 0, 0, 0, 0, 0);

	unit_case("root's user id, and root's group id, are refused");
	work_on(&work, "one");
	if (geteuid() != 0)
		unit_skip("needs root");
	else {
		worker_start_as(&wo, &work, 0, MAIL_UID);
		CHECK(reply(&wo)[0] == '\0', "uid 0: %s", wo.wo_reply);
		worker_end(&wo);
		CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
		worker_start_as(&wo, &work, MAIL_UID, 0);
		CHECK(reply(&wo)[0] == '\0', "gid 0: %s", wo.wo_reply);
		worker_end(&wo);
		CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
	}

	unit_case("a real user id that is not the effective one is refused");
	if (geteuid() != 0)
		unit_skip("needs root");
	else {
		real_root = 1;
		worker_start(&wo, &work);
		real_root = 0;
		CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
		worker_end(&wo);
		CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
	}

	unit_case("a first message that is none of its own is refused");
	worker_start(&wo, NULL);
	imsg_compose(&wo.wo_buf, MSG_CONF_OK, 0, 0, -1, NULL, 0);
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);

	unit_case("a first message of another size is refused");
	worker_start(&wo, NULL);
	imsg_compose(&wo.wo_buf, MSG_WORK, 0, 0, -1, &work, sizeof(work) - 8);
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);

	unit_case("a first message that comes late is waited for");
	worker_start(&wo, NULL);
	sleep(1);
	imsg_compose(&wo.wo_buf, MSG_WORK, 0, 0, -1, &work, sizeof(work));
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(wo.wo_status == 0, "0x%x", wo.wo_status);

	unit_case("a parent that says nothing and goes away");
	worker_start(&wo, NULL);
	close(wo.wo_channel);
	wo.wo_channel = -1;
	CHECK(reply(&wo)[0] == '\0', "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(WEXITSTATUS(wo.wo_status) == 1, "0x%x", wo.wo_status);
}

/* Requests to give way while there is no silence; the rest is proto/yield. */
static void
test_yield(void)
{
	struct msg_work	 work;
	struct msg_yield my;
	struct worker	 wo;
	struct timespec	 now;
	int		 i;

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

/* Ask what it is doing, and wait for the answer. */
static void
ask(struct worker *wo)
{
	int	 before = wo->wo_answers;

	CHECK(kill(wo->wo_pid, SIGURG) == 0, "kill");
	while (wo->wo_answers == before && readable(wo->wo_channel) &&
	    imsgbuf_read(&wo->wo_buf) == 1)
		take_messages(wo);
	CHECK(wo->wo_answers == before + 1, "no answer");
}

static void
test_doing(void)
{
	struct msg_work	 work;
	struct worker	 wo;
	int		 i;

	unit_case("a worker says what it is doing, between commands");
	make_maildir("doing", 2);
	work_on(&work, "doing");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	ask(&wo);
	CHECK(wo.wo_doing.dg_command == CMD_CODES && !wo.wo_doing.dg_busy,
	    "command %u", wo.wo_doing.dg_command);
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);
	for (i = 0; i < 100; i++)
		ask(&wo);
	CHECK(wo.wo_doing.dg_command == CMD_DELE &&
	    wo.wo_doing.dg_marked == 1 && wo.wo_doing.dg_idle < PATIENCE,
	    "command %u", wo.wo_doing.dg_command);

	unit_case("and ends without UPDATE when it is kicked");
	imsg_compose(&wo.wo_buf, MSG_KICK, 0, 0, -1, NULL, 0);
	CHECK(imsgbuf_flush(&wo.wo_buf) == 0, "imsgbuf_flush");
	ask(&wo);
	/* On its way already, and not carried out. */
	CHECK(begins(say(&wo, "QUIT\r\n"), "-ERR [SYS/TEMP]"), "%s",
	    wo.wo_reply);
	worker_reports(&wo, REPORT_EOF, 0, 0, 0, 1, 2);
}

/* What the client had not taken when it went away; the report says so. */
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

/* A file of a maildir, with a time of so many days ago. */
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

static void
test_expire(void)
{
	static const struct {
		const char	*name;
		int		 days;
		int		 gone;
	} files[] = {
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
	struct msg_work	 work;
	struct worker	 wo;
	char		 name[128];
	size_t		 i;

	unit_case("what is old and was read goes at QUIT, nothing else");
	make_maildir("expire", 0);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		age(files[i].name, files[i].days);
	snprintf(name, sizeof(name), "expire/cur/%lld.new:2,S",
	    (long long)time(NULL) - 29 * 86400);
	age(name, 40);
	work_on(&work, "expire");
	work.wk_settings.stv_value[SETTING_EXPIRE] = 30;
	work.wk_settings.stv_value[SETTING_AUDIT] = 1;
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK maildrop has 10 "), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_EOF, 0, 0, 0, 0, 10);
	CHECK(wo.wo_removed == 0, "removed without QUIT");

	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK maildrop has 10 "), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "RETR 7\r\n"), "+OK"), "%s", wo.wo_reply);
	while (strcmp(reply(&wo), ".\r\n") != 0 && wo.wo_reply[0] != '\0')
		continue;
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "STAT\r\n"), "+OK 9 "), "%s", wo.wo_reply);
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_reports(&wo, REPORT_QUIT, 1, 13, 1, 0, 5);
	CHECK(wo.wo_report.rp_expired == 4 && wo.wo_expired == 4 &&
	    wo.wo_removed == 5, "%d expired, %d lines, %d of them for that",
	    (int)wo.wo_report.rp_expired, wo.wo_removed, wo.wo_expired);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		CHECK((access(files[i].name, F_OK) == -1) == files[i].gone,
		    "%s", files[i].name);
	CHECK(access(name, F_OK) == 0, "%s", name);
}

static void
test_audit(void)
{
	struct msg_work	work;
	struct worker	wo;
	char		command[32];
	int		i;

	unit_case("a line for each message that is gone, before the report");
	make_maildir("audit", 3 * AUDIT_WINDOW);
	work_on(&work, "audit");
	work.wk_settings.stv_value[SETTING_AUDIT] = 1;
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	for (i = 1; i < 3 * AUDIT_WINDOW; i++) {
		snprintf(command, sizeof(command), "DELE %d\r\n", i);
		CHECK(begins(say(&wo, command), "+OK"), "%s", wo.wo_reply);
	}
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	CHECK(reply(&wo)[0] == '\0', "its client waits for the log");
	worker_reports(&wo, REPORT_QUIT, 0, 0, i - 1, 0, 1);
	CHECK(wo.wo_removed == i - 1, "%d lines", wo.wo_removed);
	CHECK(wo.wo_expired == 0, "%d expired", wo.wo_expired);
}

static void
test_survives(void)
{
	struct msg_work	work;
	struct worker	wo;

	unit_case("signals for all of popd do not end a session");
	make_maildir("two", 2);
	work_on(&work, "two");
	worker_start(&wo, &work);
	CHECK(begins(reply(&wo), "+OK"), "greeting: %s", wo.wo_reply);
	kill(wo.wo_pid, SIGHUP);
	kill(wo.wo_pid, SIGINT);
	kill(wo.wo_pid, SIGTERM);
	CHECK(begins(say(&wo, "DELE 1\r\n"), "+OK"), "%s", wo.wo_reply);

	unit_case("UPDATE is done though the parent has gone");
	close(wo.wo_channel);
	wo.wo_channel = -1;
	CHECK(begins(say(&wo, "QUIT\r\n"), "+OK"), "%s", wo.wo_reply);
	worker_end(&wo);
	CHECK(wo.wo_status == 0, "0x%x", wo.wo_status);
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
	test_reports();
	test_in_use();
	test_refused();
	test_yield();
	test_doing();
	test_mute();
	test_survives();
	test_expire();
	test_audit();
	return (unit_done());
}
