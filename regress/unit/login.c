/* link: popd/login.o popd/session.o popd/worker.o popd/maildrops.o lib/table.o lib/tableread.o lib/msg.o $(IMSG_OBJS) lib/log.o lib/source.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent against a listener and an authpop that are not ours any more:
 * what either of them says alone, late, twice or about another's sessions
 * opens nothing.  Around the real login.c, worker.c and session.c are stubs
 * that record what would have been done.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../popd/popd.h"
#include "../../popd/session.h"
#include "chan.h"
#include "log.h"
#include "msg.h"
#include "table.h"
#include "unit.h"

struct settings	 settings = {
	.sessions_all = 100,
	.sessions_listener = 3
};

/* Two listeners, 5 and 7, and an authpop, 6. */
static struct child	 listener = { .c_role = ROLE_LISTENER, .c_gen = 5,
			    .c_chan = (struct chan *)&listener };
static struct child	 other = { .c_role = ROLE_LISTENER, .c_gen = 7,
			    .c_chan = (struct chan *)&other };
static struct child	 authpop = { .c_role = ROLE_AUTH, .c_gen = 6,
			    .c_chan = (struct chan *)&authpop };
static int		 listener_gone;
static struct table	*usertab;
static unsigned int	 uid, gid;		/* of joe */

static struct {
	int			 execs;
	struct exec_ids		 ids;
	uint32_t		 sent[MSG_MAX];
	struct msg_yield	 yield;		/* the last one */
	int			 full;		/* channels of workers */
	enum refuse_reason	 refused;
	int			 polls;
	const struct msg_want	*unread;	/* what a poll finds */
	pid_t			 pid;
	struct reap		*worker;	/* the last one */
	int			 soon;		/* to be looked for */
	int			 useless;	/* its channel was closed */
	const struct chan_rule	*rules;		/* of its channel */
	void			*arg;
	chan_closed		 closed;
	int			 frees;
} did;

struct child *
child_of_gen(uint64_t gen)
{
	if (gen == 5 && !listener_gone)
		return (&listener);
	return (gen == 7 ? &other : gen == 6 ? &authpop : NULL);
}

struct child *
child_of_role(enum role role)
{
	return (role == ROLE_AUTH ? &authpop : NULL);
}

uint64_t
child_last_gen(void)
{
	return (7);
}

const struct table *
conf_usertab(void)
{
	return (usertab);
}

void
child_log(const char *program, pid_t pid, const char *session,
    const struct msg_log *ml)
{
}

char *
child_status(int status, char *buf, size_t size)
{
	snprintf(buf, size, "%d", status);
	return (buf);
}

/* Its process is gone when a test says so. */
void
reap_init(struct reap *re, pid_t pid, void (*gone)(void *, int), void *arg)
{
	re->re_gone = gone;
	re->re_arg = arg;
	did.worker = re;
}

void
reap_soon(struct reap *re)
{
	did.soon++;
}

void
reap_useless(struct reap *re)
{
	did.useless++;
}

pid_t
exec_program(char *const argv[], int stream, int channel,
    const struct exec_ids *ids)
{
	did.execs++;
	if (ids != NULL)
		did.ids = *ids;
	return (++did.pid);
}

struct chan *
chan_new(int fd, const char *name, const struct chan_rule *rules,
    chan_closed closed, void *arg)
{
	close(fd);
	did.rules = rules;
	did.closed = closed;
	did.arg = arg;
	return ((struct chan *)&did);
}

void
chan_free(struct chan *ch)
{
	if (ch != NULL)
		did.frees++;
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	did.sent[type]++;
	if (type == MSG_SESSION_REFUSE)
		did.refused = ((const struct msg_refuse *)data)->mr_reason;
	if (type == MSG_YIELD)
		did.yield = *(const struct msg_yield *)data;
	if (fd != -1)
		close(fd);
	return (0);
}

int
chan_drained(struct chan *ch)
{
	return (!did.full);
}

void
chan_poll(struct chan *ch)
{
	const struct msg_want	*mw = did.unread;

	did.polls++;
	did.unread = NULL;
	if (mw != NULL && ch == listener.c_chan)
		(void)login_want(&listener, mw);
}

static char		 log[4096];

static void
sink(int level, const char *text)
{
	strlcat(log, text, sizeof(log));
	strlcat(log, "\n", sizeof(log));
}

static struct msg_want
want(uint64_t gen, uint64_t num)
{
	struct msg_want	 mw;

	memset(&mw, 0, sizeof(mw));
	mw.mw_id.si_gen = gen;
	mw.mw_id.si_num = num;
	return (mw);
}

static const char *
say_want(struct child *c, uint64_t gen, uint64_t num)
{
	struct msg_want	 mw = want(gen, num);

	return (login_want(c, &mw));
}

static const char *
say_ok(uint64_t gen, uint64_t num, const char *user)
{
	struct msg_auth_ok	 mo;

	memset(&mo, 0, sizeof(mo));
	mo.mo_id.si_gen = gen;
	mo.mo_id.si_num = num;
	strlcpy(mo.mo_user, user, sizeof(mo.mo_user));
	return (login_auth_ok(&mo));
}

static const char *
say_bad(uint64_t gen, uint64_t num, enum auth_result result)
{
	struct msg_auth_bad	 mb;

	memset(&mb, 0, sizeof(mb));
	mb.mb_id.si_gen = gen;
	mb.mb_id.si_num = num;
	mb.mb_result = result;
	return (login_auth_bad(&mb));
}

static const char *
say_end(struct child *c, uint64_t gen, uint64_t num)
{
	struct msg_end	 me;

	memset(&me, 0, sizeof(me));
	me.me_id.si_gen = gen;
	me.me_id.si_num = num;
	me.me_reason = END_DONE;
	return (worker_session_end(c, &me));
}

static void
start(const char *name)
{
	struct session	*s;

	unit_case(name);
	while ((s = session_first()) != NULL)
		session_free(s);
	memset(&did, 0, sizeof(did));
	did.pid = 1000;
	listener.c_last = other.c_last = 0;
	listener.c_wanted = other.c_wanted = 0;
	listener_gone = 0;
}

static void
nothing(const char *what)
{
	CHECK(did.execs == 0, "%s: a worker was started", what);
	CHECK(did.sent[MSG_SESSION_OPEN] == 0, "%s: opened", what);
}

static void
worker_dies(int status)
{
	did.worker->re_gone(did.worker->re_arg, status);
}

/* What the worker sends, as its channel hands it on. */
static const char *
worker_says(uint32_t type, const void *payload)
{
	const struct chan_rule	*cr;

	for (cr = did.rules; cr->cr_type != 0; cr++)
		if (cr->cr_type == type)
			return (cr->cr_handler(did.arg, payload, -1));
	return ("not a message that this peer may send");
}

static void
open_one(const char *name)
{
	start(name);
	log[0] = '\0';
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	CHECK(say_ok(5, 1, "joe") == NULL, "grant");
	CHECK(did.execs == 1 && did.frees == 0, "not opened");
}

static void
test_worker(void)
{
	struct msg_report	 rp;

	memset(&rp, 0, sizeof(rp));
	rp.rp_reason = REPORT_QUIT;
	rp.rp_messages = 3;
	open_one("the report is the last word, the line comes at the death");
	CHECK(worker_says(MSG_REPORT, &rp) == NULL, "report");
	CHECK(did.frees == 1 && did.useless == 1, "the channel is open");
	CHECK(say_end(&listener, 5, 1) == NULL, "end");
	CHECK(strstr(log, "session end") == NULL, "before its death: %s", log);
	worker_dies(0);
	CHECK(strstr(log, "retrieved=3") != NULL &&
	    strstr(log, "reason=quit") != NULL, "log: %s", log);
	CHECK(did.frees == 1 && did.useless == 1, "closed again");
	CHECK(session_first() == NULL, "still there");

	open_one("a worker that is killed behind its report: both are told");
	CHECK(worker_says(MSG_REPORT, &rp) == NULL, "report");
	worker_dies(9);
	CHECK(strstr(log, "wrkrpop[1001] session=5.1") != NULL &&
	    strstr(log, ": 9\n") != NULL, "log: %s", log);
	CHECK(strstr(log, "session end") == NULL, "its listener: %s", log);
	CHECK(say_end(&listener, 5, 1) == NULL, "end");
	CHECK(strstr(log, "reason=quit") != NULL, "log: %s", log);
	CHECK(session_first() == NULL, "still there");

	open_one("the end of the channel without a report");
	did.closed(did.arg, NULL);
	CHECK(did.frees == 1 && did.useless == 1, "the channel is open");
	CHECK(say_end(&listener, 5, 1) == NULL, "end");
	CHECK(session_count() == 1, "forgotten before its death");
	CHECK(did.soon == 0, "twice");
	worker_dies(9);
	CHECK(strstr(log, "reason=worker-died") != NULL, "log: %s", log);
	CHECK(session_first() == NULL, "still there");

	open_one("a dead worker whose channel somebody else holds");
	CHECK(say_end(&listener, 5, 1) == NULL, "end");
	CHECK(did.soon == 1 && did.useless == 0, "not looked for");
	worker_dies(0);
	CHECK(did.frees == 1, "the channel is open");
	CHECK(session_first() == NULL, "still there");
}

/* One more login of a user; how many sessions are asked to give way. */
static unsigned int
asked(uint64_t num, const char *user)
{
	unsigned int	 before = did.sent[MSG_YIELD];
	int		 execs = did.execs;

	CHECK(say_want(&listener, 5, num) == NULL, "want");
	CHECK(say_ok(5, num, user) == NULL, "grant");
	CHECK(did.execs == execs + 1, "no worker for %s", user);
	return (did.sent[MSG_YIELD] - before);
}

static void
test_yield(void)
{
	struct msg_report	 rp;
	struct timespec		 now;
	uint64_t		 ms;
	unsigned int		 n;

	memset(&rp, 0, sizeof(rp));
	open_one("a second login asks the first session to give way, and says "
	    "when");
	CHECK(did.sent[MSG_YIELD] == 0, "asked without another");
	n = asked(2, "joe");
	CHECK(n == 1, "%u asked", n);
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	CHECK(did.yield.my_sent <= ms && ms - did.yield.my_sent < 2000,
	    "sent at %llu, now %llu", (unsigned long long)did.yield.my_sent,
	    (unsigned long long)ms);

	unit_case("a third asks both, another user none of them");
	n = asked(3, "joe");
	CHECK(n == 2, "%u asked", n);
	listener.c_wanted = 0;
	n = asked(4, "ann");
	CHECK(n == 0, "%u asked", n);
	n = asked(5, "jo");
	CHECK(n == 0, "%u asked", n);

	open_one("a worker that has reported is not asked");
	CHECK(worker_says(MSG_REPORT, &rp) == NULL, "report");
	n = asked(2, "joe");
	CHECK(n == 0, "%u asked", n);

	open_one("a worker that has not read what it was sent is not sent more");
	did.full = 1;
	n = asked(2, "joe");
	CHECK(n == 0, "%u asked", n);

	open_one("a worker does not ask, and the reason to end is logged");
	memset(&did.yield, 0, sizeof(did.yield));
	CHECK(worker_says(MSG_YIELD, &did.yield) != NULL, "a worker may ask");
	rp.rp_reason = REPORT_GAVE_WAY;
	CHECK(worker_says(MSG_REPORT, &rp) == NULL, "report");
	CHECK(say_end(&listener, 5, 1) == NULL, "end");
	worker_dies(0);
	CHECK(strstr(log, "reason=gave-way") != NULL, "log: %s", log);
}

static void
test_good(void)
{
	start("a session wanted and granted is opened, once, as usertab says");
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	nothing("before the grant");
	CHECK(say_ok(5, 1, "joe") == NULL, "grant");
	CHECK(did.execs == 1 && did.sent[MSG_SESSION_OPEN] == 1, "not opened");
	CHECK(geteuid() != 0 || (did.ids.ei_uid == uid &&
	    did.ids.ei_gid == gid), "ids %u %u", (unsigned int)did.ids.ei_uid,
	    (unsigned int)did.ids.ei_gid);
	CHECK(listener.c_wanted == 0, "%u still wanted", listener.c_wanted);
	CHECK(say_ok(5, 1, "joe") != NULL, "a replayed grant is no fault");
	CHECK(say_ok(5, 1, "ann") != NULL, "a changed grant is no fault");
	CHECK(say_bad(5, 1, AUTH_NO_MATCH) != NULL, "a change of mind");
	CHECK(did.execs == 1, "%d workers", did.execs);
	CHECK(say_end(&listener, 5, 1) == NULL, "end");
	CHECK(say_end(&listener, 5, 1) != NULL, "a second end");
	CHECK(did.soon == 1, "not looked for: %d", did.soon);
	worker_dies(0);
	CHECK(session_first() == NULL, "still there");
	CHECK(say_ok(5, 1, "joe") == NULL && did.execs == 1, "stale grant");

	start("a WANT that is not read yet is read before the grant");
	{
		struct msg_want	 mw = want(5, 9);

		did.unread = &mw;
		CHECK(say_ok(5, 9, "joe") == NULL, "grant");
		CHECK(did.polls == 1 && did.execs == 1, "not opened");
	}
}

static void
test_listener(void)
{
	start("a listener alone opens nothing");
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	nothing("want");
	CHECK(say_want(&listener, 5, 1) != NULL, "the same again");
	CHECK(say_want(&listener, 5, 0) != NULL, "a number below");
	CHECK(say_want(&listener, 7, 5) != NULL, "in another's name");
	CHECK(say_end(&other, 5, 1) != NULL, "another's session ended");
	CHECK(say_end(&other, 7, 1) != NULL, "what it never wanted ended");
	CHECK(say_want(&listener, 5, 2) == NULL &&
	    say_want(&listener, 5, 3) == NULL, "more");
	CHECK(say_want(&listener, 5, 4) != NULL, "more than it may");
	nothing("listener");

	start("a session that was given up is not opened by a late grant");
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	CHECK(say_end(&listener, 5, 1) == NULL, "end");
	CHECK(listener.c_wanted == 0, "%u still wanted", listener.c_wanted);
	CHECK(say_ok(5, 1, "joe") == NULL, "a race is no fault");
	nothing("given up");

	start("the sessions of a dead listener are not opened");
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	listener_gone = 1;
	worker_listener_gone(&listener);
	CHECK(say_ok(5, 1, "joe") == NULL, "a race is no fault");
	nothing("dead");
	CHECK(session_first() == NULL, "still there");
}

static void
test_authpop(void)
{
	start("authpop alone opens nothing");
	CHECK(say_ok(5, 1, "joe") != NULL, "what nobody wants");
	CHECK(say_ok(99, 1, "joe") != NULL, "a listener that never was");
	CHECK(say_bad(5, 1, AUTH_NO_MATCH) != NULL, "a refusal of it");
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	CHECK(say_ok(7, 1, "joe") != NULL, "the other listener's number");
	CHECK(say_bad(5, 1, AUTH_ACCEPTED) != NULL, "a refusal that accepts");
	nothing("authpop");

	start("a user without a usable line of usertab gets nothing");
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	CHECK(say_ok(5, 1, "nobody") == NULL, "no line");
	CHECK(did.refused == REFUSE_AUTH, "told apart");
	CHECK(say_want(&listener, 5, 2) == NULL, "want");
	CHECK(say_ok(5, 2, "toor") == NULL, "uid 0");
	CHECK(say_want(&listener, 5, 3) == NULL, "want");
	CHECK(say_ok(5, 3, "wheel") == NULL, "gid 0");
	CHECK(say_want(&listener, 5, 4) == NULL, "want");
	CHECK(say_ok(5, 4, "joe\njoe") == NULL, "two lines");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 4 &&
	    did.sent[MSG_AUTH_COUNT] == 4, "refused %u, counted %u",
	    did.sent[MSG_SESSION_REFUSE], did.sent[MSG_AUTH_COUNT]);
	nothing("usertab");
	CHECK(session_first() == NULL && listener.c_wanted == 0, "left");

	start("a refusal is passed on, once");
	CHECK(say_want(&listener, 5, 1) == NULL, "want");
	CHECK(say_bad(5, 1, AUTH_NO_USER) == NULL, "refusal");
	CHECK(did.refused == REFUSE_AUTH, "reason");
	CHECK(say_bad(5, 1, AUTH_NO_USER) == NULL &&
	    did.sent[MSG_SESSION_REFUSE] == 1, "twice");
	CHECK(say_want(&listener, 5, 2) == NULL, "want");
	CHECK(say_bad(5, 2, AUTH_TEMP) == NULL &&
	    did.refused == REFUSE_TEMP, "not now");
	nothing("refusal");
}

int
main(void)
{
	char	 path[] = "/tmp/unit-login.XXXXXX", why[128], text[256];
	int	 fd, len;

	/* Without root only our own mail could be served. */
	if ((uid = geteuid()) == 0)
		uid = 1001;
	if ((gid = getegid()) == 0)
		gid = 102;
	settings.uid = geteuid();
	settings.gid = getegid();
	len = snprintf(text, sizeof(text), "joe %u:%u:/tmp\nann %u:%u:/tmp\n"
	    "jo %u:%u:/tmp\ntoor 0:%u:/tmp\nwheel %u:0:/tmp\n", uid, gid, uid,
	    gid, uid, gid, gid, uid);
	log_to(sink);
	if ((fd = mkstemp(path)) == -1 || unlink(path) == -1 ||
	    write(fd, text, len) != len || (usertab = table_read(fd,
	    "usertab", NULL, why, sizeof(why))) == NULL)
		return (2);
	test_good();
	test_listener();
	test_authpop();
	test_worker();
	test_yield();
	return (unit_done());
}
