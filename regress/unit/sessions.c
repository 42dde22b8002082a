/*
 * link: popd/authcount.o popd/login.o lib/route.o popd/routes.o
 * link: popd/session.o popd/worker.o
 * link: popd/childlog.o popd/spools.o popd/userbase.o
 * link: popd/maildrops.o lib/table.o lib/table_read.o lib/msg.o lib/log.o
 * link: lib/source.o lib/bucket.o $(IMSG_OBJS)
 * link: popd/config.o lib/setting.o lib/subdir.o
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Open sessions in the parent: whichever side ends first, lies or does not
 * report its end, a session gets one line in the log and is then forgotten.
 */

#include <time.h>

#include "limits.h"
#include "parent.h"

/* How often a text is in the log. */
static int
logged(const char *text)
{
	const char	*p = parent.log;
	int		 n = 0;

	for (; (p = strstr(p, text)) != NULL; p++)
		n++;
	return (n);
}

/* The session has had its one line, for this reason, and is gone. */
static void
finished(const char *reason)
{
	char	 text[64];

	snprintf(text, sizeof(text), "reason=%s\n", reason);
	CHECK(logged("session end") == 1, "%d ends: %s",
	    logged("session end"), parent.log);
	CHECK(logged(text) == 1, "%s: %s", reason, parent.log);
	CHECK(session_first() == NULL && session_count() == 0, "still there");
	CHECK(did.frees == 1, "channel freed %d times", did.frees);
	CHECK(did.timer == NULL, "a timer runs");
}

static void
running(void)
{
	CHECK(logged("session end") == 0, "ended: %s", parent.log);
	CHECK(session_count() == 1, "%u sessions", session_count());
}

/* Its last word. */
static void
report(enum report_reason reason)
{
	struct msg_report	 rp;

	memset(&rp, 0, sizeof(rp));
	rp.rp_reason = reason;
	rp.rp_messages = 3;
	CHECK(taken(worker_says(MSG_REPORT, &rp)), "report");
	CHECK(did.limit == LAST_SECONDS, "%u seconds for its end", did.limit);
}

static void
test_may_finish(void)
{
	open_one("the listener ends first: the worker may finish, in time");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	CHECK(did.limit == WORKER_SECONDS, "%u seconds", did.limit);
	running();
	CHECK(did.frees == 0, "its channel is closed");
	report(REPORT_QUIT);
	running();
	worker_dies(0);
	CHECK(logged("retrieved=3") == 1, "log: %s", parent.log);
	finished("quit");
}

static void
test_second_end(void)
{
	open_one("a second END of a session is a lie");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	CHECK(lie(say_end(&listener, 5, 1)), "a second end");
	running();
	worker_dies(0);
	finished("worker-died");
}

static void
test_other_listener(void)
{
	open_one("the end of the other listener ends nothing of this one");
	worker_listener_gone(&other);
	CHECK(did.overdue == 0, "it is to end");
	running();
	report(REPORT_QUIT);
	worker_dies(0);
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	finished("quit");
}

static void
test_dies_before(void)
{
	open_one("a listener dies before its worker");
	worker_listener_gone(&listener);
	CHECK(did.limit == WORKER_SECONDS, "%u seconds", did.limit);
	running();
	report(REPORT_EOF);
	worker_dies(0);
	finished("connection-error");
}

static void
test_dies_after(void)
{
	open_one("a listener dies after its worker");
	report(REPORT_QUIT);
	worker_dies(0);
	running();
	worker_listener_gone(&listener);
	finished("quit");
}

static void
test_dies_ended(void)
{
	open_one("a listener dies after it has ended the session");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	worker_listener_gone(&listener);
	CHECK(did.overdue == 1, "ended a second time");
	worker_dies(0);
	finished("worker-died");
}

static void
test_both_ends(void)
{
	open_one("the report is the last word, the line comes with both ends");
	report(REPORT_QUIT);
	CHECK(did.frees == 1, "the channel is open");
	worker_dies(0);
	running();
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	finished("quit");
	CHECK(taken(say_end(&listener, 5, 1)), "a late END is no lie");
}

static void
test_killed_reported(void)
{
	open_one("a worker that is killed after its report: both logged");
	report(REPORT_QUIT);
	worker_dies(9);
	CHECK(logged("wrkrpop[1001] session=5.1") == 1 &&
	    logged(": 9\n") == 1, "log: %s", parent.log);
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	finished("quit");
}

static void
test_no_report(void)
{
	open_one("the end of the channel without a report");
	did.closed(did.arg, NULL);
	CHECK(did.frees == 1 && did.limit == LAST_SECONDS, "%d, %u",
	    did.frees, did.limit);
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	running();
	worker_dies(9);
	finished("worker-died");
}

static void
test_hung(void)
{
	open_one("a worker that had to be killed has hung");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	did.worker->re_killed = 1;
	worker_dies(9);
	finished("worker-hung");
}

static void
test_channel_held(void)
{
	open_one("a dead worker whose channel another process holds");
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	worker_dies(0);
	finished("worker-died");
}

static void
test_end_withheld(void)
{
	open_one("END withheld: over so long after the death of the worker");
	report(REPORT_QUIT);
	worker_dies(0);
	CHECK(did.timer != NULL && did.late_seconds == LAST_SECONDS,
	    "%ld seconds", did.late_seconds);
	running();
	CHECK(did.sent[MSG_SESSION_OVER] == 0, "over too soon");
	late();
	finished("quit");
	CHECK(did.sent[MSG_SESSION_OVER] == 1, "the listener is not told");
	CHECK(taken(say_end(&listener, 5, 1)), "END at last");
}

static void
test_withheld_dies(void)
{
	open_one("END withheld, and the listener dies meanwhile");
	worker_dies(9);
	worker_listener_gone(&listener);
	finished("worker-died");
}

static void
test_end_in_time(void)
{
	open_one("an END in time stops the clock");
	worker_dies(9);
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	finished("worker-died");
}

/* Log in a user again.  Return how many sessions are asked to give way. */
static unsigned int
asked(uint64_t num, const char *user)
{
	unsigned int	 before = did.sent[MSG_YIELD];
	int		 execs = did.execs;

	parent.user = user;
	CHECK(taken(say_want(&listener, 5, num)), "want");
	CHECK(taken(say_ok(5, num, user)), "grant");
	CHECK(did.execs == execs + 1, "no worker for %s", user);
	return (did.sent[MSG_YIELD] - before);
}

static unsigned int
count(const char *user)
{
	unsigned int	 busy;

	return (session_count_user(user, &busy));
}

static void
test_as_many(void)
{
	uint64_t	 num;

	start("as many sessions of a user as there may be, and no more");
	for (num = 1; num <= SESSIONS_PER_USER; num++)
		asked(num, "joe");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 0, "refused");
	CHECK(taken(say_want(&listener, 5, num)), "want");
	CHECK(taken(say_ok(5, num, "joe")), "grant");
	CHECK(did.execs == SESSIONS_PER_USER, "%d workers", did.execs);
	CHECK(did.sent[MSG_SESSION_REFUSE] == 1 &&
	    did.refused == REFUSE_IN_USE, "not refused as in use");
	CHECK(count("joe") == SESSIONS_PER_USER, "%u sessions", count("joe"));
}

static void
test_users(void)
{
	unit_case("another user, and the same one after an end, can log in");
	asked(100, "ann");
	/* The last worker is ann's. */
	worker_dies(0);
	CHECK(taken(say_end(&listener, 5, 100)), "end");
	asked(101, "ann");
	worker_dies(0);
	late();
	CHECK(count("ann") == 0, "%u sessions", count("ann"));
}

static void
test_over(void)
{
	const struct msg_report	 rp = { .rp_reason = REPORT_QUIT };
	uint64_t		 num;

	start("those that are over for their clients do not count, but for so "
	    "many");
	for (num = 1; num <= SESSIONS_PER_USER + SESSIONS_OVER; num++) {
		asked(num, "joe");
		CHECK(taken(worker_says(MSG_REPORT, &rp)), "report");
	}
	CHECK(did.sent[MSG_SESSION_REFUSE] == 0, "refused");
	CHECK(taken(say_want(&listener, 5, num)), "want");
	CHECK(taken(say_ok(5, num, "joe")), "grant");
	CHECK(did.sent[MSG_SESSION_REFUSE] == 1 &&
	    did.refused == REFUSE_IN_USE, "not refused as in use");
}

static void
test_all_in_use(void)
{
	start("when all sessions are in use the refusal is temporary");
	settings.sessions_all = 2;
	asked(1, "joe");
	asked(2, "ann");
	parent.user = "jo";
	CHECK(taken(say_want(&listener, 5, 3)), "want");
	CHECK(taken(say_ok(5, 3, "jo")), "grant");
	CHECK(did.execs == 2 && did.refused == REFUSE_TEMP, "%d workers",
	    did.execs);
	settings.sessions_all = 100;
}

static void
test_ended_counts(void)
{
	start("one that it ends counts until its worker is gone");
	settings.sessions_all = 2;
	asked(1, "joe");
	asked(2, "ann");
	CHECK(taken(say_end(&listener, 5, 2)), "end");
	parent.user = "jo";
	CHECK(taken(say_want(&listener, 5, 4)), "want");
	CHECK(taken(say_ok(5, 4, "jo")), "grant");
	CHECK(did.execs == 2, "%d workers", did.execs);
}

static void
test_ended_room(void)
{
	unit_case("and there is room when it is");
	worker_dies(0);
	parent.user = "jo";
	CHECK(taken(say_want(&other, 7, 1)), "want");
	CHECK(taken(say_ok(7, 1, "jo")), "grant");
	CHECK(did.execs == 3, "%d workers", did.execs);
	CHECK(other.c_sessions == 1 && listener.c_sessions == 1, "%u, %u",
	    other.c_sessions, listener.c_sessions);
	settings.sessions_all = 100;
}

static void
test_asked(void)
{
	struct timespec	 now;
	uint64_t	 ms;
	unsigned int	 n;

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
}

static void
test_asked_both(void)
{
	unsigned int	 n;

	unit_case("a third asks both, another user none of them");
	n = asked(3, "joe");
	CHECK(n == 2, "%u asked", n);
	n = asked(4, "ann");
	CHECK(n == 0, "%u asked", n);
	n = asked(5, "jo");
	CHECK(n == 0, "%u asked", n);
}

static void
test_asked_reported(void)
{
	unsigned int	 n;

	open_one("a worker that has reported is not asked");
	report(REPORT_QUIT);
	n = asked(2, "joe");
	CHECK(n == 0, "%u asked", n);
}

static void
test_asked_deaf(void)
{
	unsigned int	 n;

	open_one("a worker that does not read is not sent more");
	did.full = 1;
	n = asked(2, "joe");
	CHECK(n == 0, "%u asked", n);
}

static void
test_reason(void)
{
	open_one("a worker does not ask, and the reason to end is logged");
	memset(&did.yield, 0, sizeof(did.yield));
	CHECK(lie(worker_says(MSG_YIELD, &did.yield)), "a worker may ask");
	report(REPORT_GAVE_WAY);
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	worker_dies(0);
	finished("gave-way");
}

/* The last case: there is no way back. */
static void
test_stop(void)
{
	open_one("popd stops: a worker is told, and its end has the reason");
	worker_stop_all();
	CHECK(did.sent[MSG_STOP] == 1, "told %u times", did.sent[MSG_STOP]);
	CHECK(taken(say_end(&listener, 5, 1)), "end");
	report(REPORT_EOF);
	worker_dies(0);
	finished("shutdown");
}

int
main(void)
{
	if (parent_init() == -1)
		return (2);
	test_may_finish();
	test_second_end();
	test_other_listener();
	test_dies_before();
	test_dies_after();
	test_dies_ended();
	test_both_ends();
	test_killed_reported();
	test_no_report();
	test_hung();
	test_channel_held();
	test_end_withheld();
	test_withheld_dies();
	test_end_in_time();
	test_as_many();
	test_users();
	test_over();
	test_all_in_use();
	test_ended_counts();
	test_ended_room();
	test_asked();
	test_asked_both();
	test_asked_reported();
	test_asked_deaf();
	test_reason();
	test_stop();
	return (unit_done());
}
