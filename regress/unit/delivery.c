/*
 * link: popd/delivery.o popd/recipient.o popd/userbase.o
 * link: popd/config.o lib/subdir.o lib/setting.o
 * link: lib/table.o lib/table_read.o lib/bucket.o lib/log.o lib/msg.o
 * link: lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent and the messages of lmtppop: who gets a process, how many there
 * are at most, which messages are lies; and those of tabpop, which is asked
 * for users that no file before a table process has.
 */

#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "popd/child.h"
#include "popd/childlog.h"
#include "popd/conf.h"
#include "popd/config.h"
#include "popd/delivery.h"
#include "popd/exec.h"
#include "popd/login.h"
#include "popd/reap.h"
#include "popd/recipient.h"
#include "popd/session.h"
#include "popd/settings.h"
#include "popd/stop.h"
#include "popd/userbase.h"
#include "chan.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "table.h"
/* One for each recipient that waits, and for some before. */
#define TIMERS_MAX	(2 * LMTP_ASKED)
#include "timers.h"
#include "unit.h"

struct chan {
	int		 fd;
};

struct settings	 settings;

static struct child	 lmtp;
static struct child	 tabpop;

static struct {
	struct table	*table;		/* the first of userbase, or 2nd */
	uint32_t	 procs;		/* bits of those that are processes */
	unsigned int	 place;		/* of table */
	struct msg_userinfo asked;	/* of tabpop, last */
	unsigned int	 asks;
	int		 no_tabpop;
	unsigned int	 answers;	/* to lmtppop */
	uint32_t	 type;		/* that lmtppop was sent last */
	union msg_payload last;
	int		 stream;
	unsigned int	 execs;
	struct exec_ids	 ids;
	struct msg_deliver work;	/* that the last process was sent */
	int		 fails;		/* no process can be started */
	struct reap	*reaps[1000];
	void		*args[1000];
	void		(*gone)(void *, int);
	unsigned int	 overdue;
} t = { .stream = -1 };

int
conf_begun(void)
{
	return (t.table != NULL);
}

const struct table *
conf_usertab(unsigned int place)
{
	return (place == t.place ? t.table : NULL);
}

const struct config_bounds *
conf_bounds(unsigned int place)
{
	static const struct config_bounds	 any = {
		{ 0, UINT32_MAX }, { 0, UINT32_MAX }, NULL
	};

	return (&any);
}

uint32_t
conf_userprocs(void)
{
	return (t.procs);
}

struct child *
child_of_role(enum role role)
{
	return (role == ROLE_TABLE && !t.no_tabpop ? &tabpop : NULL);
}

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	struct chan	*ch = malloc(sizeof(*ch));

	ch->fd = fd;
	return (ch);
}

void
chan_free(struct chan *ch)
{
	if (ch != NULL)
		close(ch->fd);
	free(ch);
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	if (type == MSG_DELIVER) {
		memcpy(&t.work, data, sizeof(t.work));
		return (0);
	}
	if (type == MSG_USERINFO) {
		CHECK(ch == tabpop.c_chan, "not to tabpop");
		memcpy(&t.asked, data, sizeof(t.asked));
		t.asks++;
		return (0);
	}
	t.answers++;
	t.type = type;
	if (type == MSG_DELIVERY_REFUSE)
		memcpy(&t.last.delivery_refuse, data,
		    sizeof(t.last.delivery_refuse));
	else
		memcpy(&t.last.delivery, data, sizeof(t.last.delivery));
	if (t.stream != -1)
		close(t.stream);
	t.stream = fd;
	return (0);
}

pid_t
exec_program(const char *program, char *const argv[], int stream, int channel,
    const struct exec_ids *ids)
{
	CHECK(strcmp(program, "dlvrpop") == 0, "%s", program);
	if (t.fails)
		return (-1);
	if (ids != NULL)
		t.ids = *ids;
	return ((pid_t)(1000 + t.execs++));
}

void
reap_init(struct reap *re, pid_t pid, const char *name,
    void (*gone)(void *, int), void *arg)
{
	t.reaps[pid - 1000] = re;
	t.args[pid - 1000] = arg;
	t.gone = gone;
}

void
reap_overdue(struct reap *re, unsigned int seconds)
{
	t.overdue++;
}

int
childlog_write(struct childlog *cg, const char *name, const char *session,
    const struct msg_log *ml)
{
	return (0);
}

void
childlog_version(enum role role, const struct msg_version *mv)
{
}

char *
child_status(int status, char *buf, size_t size)
{
	strlcpy(buf, "?", size);
	return (buf);
}

static void
usertab(const char *text)
{
	char	 path[] = "/tmp/popd-unit.XXXXXXXX", why[256];
	int	 fd;

	fd = mkstemp(path);
	unlink(path);
	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		abort();
	table_free(t.table);
	t.table = table_read(fd, "usertab", NULL, why, sizeof(why));
	CHECK(t.table != NULL, "%s", why);
	close(fd);
}

static uint32_t
ask(const char *user, uint32_t open)
{
	struct msg_delivery_want	 dw;

	memset(&dw, 0, sizeof(dw));
	dw.dw_want = 7;
	dw.dw_open = open;
	strlcpy(dw.dw_user, user, sizeof(dw.dw_user));
	t.type = 0;
	CHECK(recipient_want(&lmtp, &dw).vd_kind == VERDICT_TAKEN, "%s", user);
	return (t.type);
}

static uint32_t
want(const char *user)
{
	return (ask(user, 1));
}

/* Refused at RCPT and later. */
static void
refused(const char *user, enum delivery_refusal reason)
{
	uint32_t	 open = reason == DELIVERY_FULL ||
			    reason == DELIVERY_TEMP;

	for (; open <= 1; open++)
		CHECK(ask(user, open) == MSG_DELIVERY_REFUSE &&
		    t.last.delivery_refuse.dr_reason == reason &&
		    t.last.delivery_refuse.dr_want == 7, "%s: %u, %u", user,
		    t.type, t.last.delivery_refuse.dr_reason);
}

static void
end(uint64_t process, enum verdict_kind kind)
{
	struct msg_delivery	 dy = { 0, process };

	CHECK(delivery_end(&lmtp, &dy).vd_kind == kind, "%llu",
	    (unsigned long long)process);
}

/* All processes are gone. */
static void
all_gone(void)
{
	unsigned int	 i;

	for (i = 0; i < t.execs; i++)
		if (t.args[i] != NULL)
			t.gone(t.args[i], 0);
	memset(t.args, 0, sizeof(t.args));
	CHECK(delivery_count() == 0, "%u", delivery_count());
}

static void
test_users(void)
{
	unit_case("a process runs as the user that usertab names only");
	usertab("joe 20:30:/home/joe\nann@x.test 21:31:/home/ann\n"
	    "zero 0:0:/root\nrootgroup 20:0:/home/joe\n");
	CHECK(ask("joe", 0) == MSG_DELIVERY_KNOWN && t.execs == 0 &&
	    t.last.delivery.dy_want == 7, "RCPT starts a process");
	CHECK(want("joe") == MSG_DELIVERY_OPEN && t.stream != -1, "joe");
	CHECK(t.ids.ei_uid == 20 && t.ids.ei_gid == 30, "ids");
	CHECK(strcmp(t.work.dv_directory, "/home/joe") == 0 &&
	    t.work.dv_subdir[0] == '\0', "directory");
	CHECK(want("joe") == MSG_DELIVERY_SAME &&
	    t.last.delivery.dy_process == 1, "the same");
	CHECK(want("ann@x.test") == MSG_DELIVERY_OPEN, "ann");
	CHECK(t.ids.ei_uid == 21 && t.ids.ei_gid == 31, "ids");
	refused("ann", DELIVERY_UNKNOWN);
	refused("", DELIVERY_UNKNOWN);
	refused("zero", DELIVERY_DISABLED);
	refused("rootgroup", DELIVERY_DISABLED);
	CHECK(t.execs == 2, "%u processes", t.execs);
}

static void
test_moved(void)
{
	unit_case("a line of usertab that changes: another process");
	usertab("joe 20:30:/home/other\n");
	CHECK(want("joe") == MSG_DELIVERY_OPEN &&
	    t.last.delivery.dy_process == 3, "another");
	CHECK(strcmp(t.work.dv_directory, "/home/other") == 0, "directory");
	settings.subdir = "Maildir";
	refused("joe", DELIVERY_FULL);
	settings.subdir = NULL;
	CHECK(want("joe") == MSG_DELIVERY_SAME, "back again");
}

static void
test_end(void)
{
	unit_case("the end of a stream; and of one that never was");
	t.overdue = 0;
	end(3, VERDICT_TAKEN);
	CHECK(t.overdue == 1, "it may go on");
	end(3, VERDICT_TAKEN);
	CHECK(t.overdue == 1, "twice");
	end(4, VERDICT_LIE);
	/* Two of the user are still there. */
	refused("joe", DELIVERY_FULL);
	t.gone(t.args[0], 0);
	t.args[0] = NULL;
	CHECK(want("joe") == MSG_DELIVERY_OPEN, "a new one");
	t.overdue = 0;
	delivery_abandon();
	CHECK(t.overdue == 2 && delivery_count() == 3, "%u of %u", t.overdue,
	    delivery_count());
	all_gone();
	CHECK(delivery_count() == 0, "%u", delivery_count());
}

static void
test_bounds(void)
{
	char		 text[64 * (LMTP_PROCESSES + 1)], name[32];
	unsigned int	 i;
	size_t		 n = 0;

	unit_case("as many as allowed, none if none can be started");
	for (i = 0; i <= LMTP_PROCESSES; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "u%u 20:30:/home/u%u\n", i, i);
	usertab(text);
	for (i = 0; i < LMTP_PROCESSES; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		CHECK(want(name) == MSG_DELIVERY_OPEN, "%s", name);
	}
	snprintf(name, sizeof(name), "u%u", i);
	refused(name, DELIVERY_FULL);
	CHECK(want("u0") == MSG_DELIVERY_SAME, "those who have one");
	all_gone();
	t.fails = 1;
	refused("u0", DELIVERY_TEMP);
	t.fails = 0;
	settings.uid = 20;
	settings.gid = 30;
	CHECK(want("u0") == MSG_DELIVERY_OPEN, "without root");
	settings.uid = 21;
	refused("u1", DELIVERY_DISABLED);
	settings.uid = 0;
	all_gone();
}

/* Answer tabpop's last question; with dir NULL, with this result. */
static enum verdict_kind
answer(enum look_result result, unsigned int place, uint32_t uid,
    const char *dir)
{
	struct msg_userinfo_is	 us;

	memset(&us, 0, sizeof(us));
	us.us_id = t.asked.mui_id;
	us.us_result = result;
	us.us_place = place;
	us.us_uid = us.us_gid = uid;
	strlcpy(us.us_dir, dir, sizeof(us.us_dir));
	t.type = 0;
	return (recipient_answer(&us).vd_kind);
}

/* tabpop is asked for one, and lmtppop has to wait. */
static void
asked(const char *user)
{
	unsigned int	 asks = t.asks;

	CHECK(want(user) == 0 && t.asks == asks + 1 &&
	    t.asked.mui_id.si_gen == 0 &&
	    strcmp(t.asked.mui_user, user) == 0, "%s: %u, %s", user, t.type,
	    t.asked.mui_user);
}

static void
test_tables(void)
{
	unit_case("users of table processes, before and after those of files");
	usertab("joe 20:30:/home/joe\nzero 0:0:/root\n");
	t.procs = 2;
	CHECK(want("joe") == MSG_DELIVERY_OPEN && t.asks == 0, "joe");
	refused("zero", DELIVERY_DISABLED);
	asked("ann@x.test");
	CHECK(answer(LOOK_FOUND, 1, 21, "/home/ann") == VERDICT_TAKEN &&
	    t.type == MSG_DELIVERY_OPEN && t.last.delivery.dy_want == 7 &&
	    t.ids.ei_uid == 21 && t.ids.ei_gid == 21 &&
	    strcmp(t.work.dv_directory, "/home/ann") == 0, "%u", t.type);
	asked("ann@x.test");
	CHECK(answer(LOOK_FOUND, 1, 21, "/home/ann") == VERDICT_TAKEN &&
	    t.type == MSG_DELIVERY_SAME, "the same");
	asked("nobody");
	CHECK(answer(LOOK_NONE, 0, 0, "") == VERDICT_TAKEN &&
	    t.type == MSG_DELIVERY_REFUSE &&
	    t.last.delivery_refuse.dr_reason == DELIVERY_UNKNOWN, "nobody");
	/* Between two processes. */
	t.procs = 5;
	t.place = 1;
	asked("joe");
	CHECK(answer(LOOK_FOUND, 2, 23, "/home/x") == VERDICT_TAKEN &&
	    t.type == MSG_DELIVERY_SAME, "a file comes first");
	asked("joe");
	CHECK(answer(LOOK_FOUND, 0, 23, "/home/x") == VERDICT_TAKEN &&
	    t.type == MSG_DELIVERY_OPEN && t.ids.ei_uid == 23, "a process");
	all_gone();
}

static void
test_lies(void)
{
	unit_case("tabpop's answer is checked, and must be in time");
	asked("ann");
	CHECK(answer(LOOK_PROVE, 0, 0, "") == VERDICT_LIE && t.type == 0 &&
	    answer(LOOK_FOUND, 0, 20, "home") == VERDICT_LIE && t.type == 0,
	    "not an answer");
	CHECK(answer(LOOK_FOUND, 0, 0, "/root") == VERDICT_TAKEN &&
	    t.last.delivery_refuse.dr_reason == DELIVERY_DISABLED, "root");
	CHECK(answer(LOOK_FOUND, 0, 20, "/x") == VERDICT_TAKEN && t.type == 0,
	    "twice");
	t.asked.mui_id.si_num++;
	CHECK(answer(LOOK_FOUND, 0, 20, "/x") == VERDICT_LIE && t.type == 0,
	    "unasked");
	asked("ann");
	CHECK(answer(LOOK_TEMP, 0, 0, "") == VERDICT_TAKEN &&
	    t.last.delivery_refuse.dr_reason == DELIVERY_TEMP, "temp");
	asked("ann");
	timers_pass((TABLE_SECONDS + 1) * 1000);
	CHECK(t.type == 0, "sooner than tabpop");
	timers_pass(1000);
	CHECK(t.type == MSG_DELIVERY_REFUSE &&
	    t.last.delivery_refuse.dr_reason == DELIVERY_TEMP, "late");
	CHECK(answer(LOOK_FOUND, 0, 20, "/x") == VERDICT_TAKEN && t.type == 0,
	    "too late");
	CHECK(t.execs == 0, "%u processes", t.execs);
}

static void
test_waiting(void)
{
	unsigned int	 i;

	unit_case("as many as may wait; tabpop or lmtppop ends");
	for (i = 0; i < LMTP_ASKED; i++)
		asked("ann");
	refused("ann", DELIVERY_FULL);
	t.answers = 0;
	recipient_lost();
	CHECK(t.answers == LMTP_ASKED && t.type == MSG_DELIVERY_REFUSE &&
	    t.last.delivery_refuse.dr_reason == DELIVERY_TEMP, "%u",
	    t.answers);
	t.no_tabpop = 1;
	refused("ann", DELIVERY_TEMP);
	t.no_tabpop = 0;
	asked("ann");
	t.answers = 0;
	recipient_abandon();
	CHECK(answer(LOOK_FOUND, 0, 20, "/x") == VERDICT_TAKEN &&
	    t.answers == 0, "nothing waits");
	timers_pass((TABLE_SECONDS + 2) * 1000);
	CHECK(t.answers == 0, "nor later");
}

int
main(void)
{
	static struct chan	 ours, theirs;

	lmtp.c_chan = &theirs;
	tabpop.c_chan = &ours;
	log_init("unit");
	log_to(log_stderr);
	test_users();
	test_moved();
	test_end();
	test_bounds();
	t.execs = 0;
	test_tables();
	t.execs = 0;
	test_lies();
	test_waiting();
	return (unit_done());
}
