/* link: popd/stop.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The order in which popd stops: no new connections, workers are told before
 * the listeners that end their input, listeners get their time, and popd exits
 * after the last process or a time limit.  Each case runs in a child, so that
 * the exit is seen.
 */

#include <sys/queue.h>
#include <sys/wait.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "limits.h"
#include "log.h"
#include "popd/child.h"
#include "popd/control.h"
#include "popd/delivery.h"
#include "popd/handover.h"
#include "popd/notify.h"
#include "popd/restart.h"
#include "popd/session.h"
#include "popd/sockets.h"
#include "popd/stop.h"
#include "popd/tables.h"
#include "popd/worker.h"
#include "timers.h"
#include "unit.h"

#define LIVES	77		/* status of a process that did not exit */

static struct {
	struct children	 all;
	uint32_t	 sessions;
	int		 before;	/* another popd is */
	int		 tables;	/* a table process is */
	char		 order[512];	/* what was done, a word each */
	char		 log[512];
} t = { .all = TAILQ_HEAD_INITIALIZER(t.all) };

static struct child	 listener = { .c_role = ROLE_LISTENER,
			    .c_chan = (struct chan *)&listener };
static struct child	 dying = { .c_role = ROLE_LISTENER,
			    .c_state = CHILD_GONE };
static struct child	 key = { .c_role = ROLE_KEY,
			    .c_chan = (struct chan *)&key };

static void
note(const char *word)
{
	strlcat(t.order, word, sizeof(t.order));
	strlcat(t.order, " ", sizeof(t.order));
}

struct children *
child_all(void)
{
	return (&t.all);
}

void
child_end_role(enum role role)
{
	note(role == ROLE_LISTENER ? "end-listeners" : role == ROLE_KEY ?
	    "end-keypop" : role == ROLE_AUTH ? "end-authpop" :
	    role == ROLE_TABLE ? "end-tabpop" : "end-checkers");
}

void
tables_stop(void)
{
	note("end-tables");
}

int
tables_none(void)
{
	return (!t.tables);
}

void
child_stopping(void)
{
	note("no-successors");
}

void
notify_stopping(void)
{
	note("tell-manager");
}

static void
stop_begins(void)
{
	note("tell-before");
}

const struct elder *
handover_elder(void)
{
	static const struct elder	 el;

	return (t.before ? &el : NULL);
}

void
conf_stop(void)
{
	note("no-files");
}

void
restart_stop(void)
{
	note("no-restarts");
}

void
control_close(void)
{
	note("deaf");
}

void
sockets_close(void)
{
	note("close");
}

void
sockets_remove(void)
{
}

unsigned int
delivery_count(void)
{
	return (0);
}

void
worker_stop_all(void)
{
	note("tell-workers");
}

uint32_t
session_count(void)
{
	return (t.sessions);
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	CHECK(ch == listener.c_chan && type == MSG_STOP, "type %u", type);
	note("tell-listener");
	return (0);
}

static void
sink(int level, const char *text)
{
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

/* Return the place of an event in the record, or -1. */
static int
place(const char *word)
{
	const char	*p = strstr(t.order, word);

	return (p == NULL ? -1 : (int)(p - t.order));
}

static void
test_not_stopped(void)
{
	unit_case("popd has not stopped before a signal");
	stop_hook(stop_begins);
	CHECK(!stop_begun(), "it has");
	stop_check();
}

static void
test_workers_first(void)
{
	unit_case("workers are told before listeners, and those have time");
	stop_begin("signal 15");
	CHECK(stop_begun(), "it has not begun");
	CHECK(place("tell-manager") == 0 && place("tell-before") > 0 &&
	    place("tell-before") < place("close"), "%s", t.order);
	CHECK(place("close") < place("tell-workers"), "late: %s", t.order);
	CHECK(place("no-restarts") > 0 && place("no-successors") > 0 &&
	    place("no-files") > 0, "%s", t.order);
	CHECK(place("tell-workers") > 0 &&
	    place("tell-workers") < place("tell-listener"), "%s", t.order);
	CHECK(place("end-authpop") > 0 && place("end-checkers") > 0 &&
	    place("end-keypop") > 0 && place("end-tabpop") > 0 &&
	    place("end-tables") > 0, "%s", t.order);
	CHECK(place("end-listeners") == -1, "at once: %s", t.order);
	stop_begin("signal 15");
	CHECK(strstr(strstr(t.order, "close") + 1, "close") == NULL,
	    "twice: %s", t.order);
	timers_pass(STOP_SECONDS * 1000 - 1);
	CHECK(place("end-listeners") == -1, "too soon: %s", t.order);
	timers_pass(1);
	CHECK(place("end-listeners") > 0, "not at all: %s", t.order);
}

/* What becomes of a process that does this after it has begun to stop. */
static int
status_of(void (*act)(void))
{
	pid_t	 pid;
	int	 status;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		act();
		_exit(LIVES);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
		return (-1);
	return (WEXITSTATUS(status));
}

static void
act_children_gone(void)
{
	TAILQ_INIT(&t.all);
	stop_check();
}

static void
act_all_gone(void)
{
	t.sessions = 0;
	act_children_gone();
}

static void
act_before_stays(void)
{
	t.before = 1;
	act_all_gone();
}

static void
act_sessions_gone(void)
{
	t.sessions = 0;
	stop_check();
}

static void
act_wait(void)
{
	timers_pass((WORKER_SECONDS + LAST_SECONDS) * 1000);
}

static void
act_wait_less(void)
{
	timers_pass((WORKER_SECONDS + LAST_SECONDS) * 1000 - 1);
}

static void
test_last_process(void)
{
	unit_case("it ends with the last of its processes");
	t.sessions = 2;
	CHECK(status_of(act_children_gone) == LIVES, "workers are left");
	CHECK(status_of(act_sessions_gone) == LIVES, "children are left");
	CHECK(status_of(act_all_gone) == 0, "still running");
	CHECK(status_of(act_before_stays) == LIVES, "one before it is left");
}

static void
test_long_update(void)
{
	unit_case("workers at a long UPDATE do not keep it for ever");
	CHECK(status_of(act_wait_less) == LIVES, "too soon");
	CHECK(status_of(act_wait) == 0, "still running");
}

int
main(void)
{
	TAILQ_INSERT_TAIL(&t.all, &key, c_entry);
	TAILQ_INSERT_TAIL(&t.all, &listener, c_entry);
	TAILQ_INSERT_TAIL(&t.all, &dying, c_entry);
	log_to(sink);
	test_not_stopped();
	test_workers_first();
	test_last_process();
	test_long_update();
	return (unit_done());
}
