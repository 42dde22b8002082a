/*
 * link: popd/reap.o lib/log.o
 * waits
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Children of all kinds and popd's reap.c: the end of each is reported once,
 * with its status, no other child is reaped, and none is left.
 */

#include <sys/types.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <event.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "popd/reap.h"
#include "limits.h"
#include "log.h"
#include "unit.h"

#define MANY		200
#define PATIENCE	20	/* seconds for what takes six at most */

struct kid {
	struct reap	 k_reap;
	pid_t		 k_pid;
	int		 k_gone;	/* how often */
	int		 k_status;
	double		 k_when;	/* seconds since the start */
};

static struct {
	struct timespec	 began;
	int		 wanted;	/* ends until the loop may end */
	int		 reaped;
	char		 log[4096];
} t;

static void
one_gone(void)
{
	t.reaped++;
	if (--t.wanted == 0)
		event_loopexit(NULL);
}

static void
sink(int level, const char *text)
{
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

static double
now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec - t.began.tv_sec +
	    (ts.tv_nsec - t.began.tv_nsec) / 1e9);
}

static void
gone(void *arg, int status)
{
	struct kid	*k = arg;

	k->k_gone++;
	k->k_status = status;
	k->k_when = now();
}

/* A child that lives so long, and then exits with this status. */
static void
start(struct kid *k, double seconds, int status)
{
	memset(k, 0, sizeof(*k));
	if ((k->k_pid = fork()) == 0) {
		usleep((useconds_t)(seconds * 1e6));
		_exit(status);
	}
	CHECK(k->k_pid > 0, "fork");
	reap_init(&k->k_reap, k->k_pid, "kid", gone, k);
}

/* Wait for this many ends, and briefly for any more. */
static void
loop(int ends)
{
	struct timeval	 tv = { PATIENCE, 0 };

	t.wanted = ends;
	t.reaped = 0;
	event_loopexit(&tv);
	event_dispatch();
	CHECK(t.wanted == 0, "%d of %d are told", ends - t.wanted, ends);
	CHECK(t.reaped == ends, "%d told, not %d", t.reaped, ends);
}

static int
exited(const struct kid *k, int status)
{
	return (k->k_gone == 1 && WIFEXITED(k->k_status) &&
	    WEXITSTATUS(k->k_status) == status);
}

static int
killed(const struct kid *k, int sig)
{
	return (k->k_gone == 1 && WIFSIGNALED(k->k_status) &&
	    WTERMSIG(k->k_status) == sig);
}

/* What the cases of one scenario share. */
static struct {
	struct kid	 other;
} test;

static void
test_status(void)
{
	struct kid	 dead, later, shot;

	unit_case("dead before or after reap_soon(): told with its status");
	start(&test.other, 0, 4);
	start(&dead, 0, 3);
	start(&later, 0.4, 5);
	start(&shot, 30, 0);
	usleep(100000);
	reap_soon(&dead.k_reap);
	reap_soon(&later.k_reap);
	reap_overdue(&shot.k_reap, LAST_SECONDS);
	reap_soon(&shot.k_reap);	/* its second end is no second look */
	kill(shot.k_pid, SIGKILL);
	loop(3);
	CHECK(exited(&dead, 3), "status 0x%x", dead.k_status);
	CHECK(exited(&later, 5), "status 0x%x", later.k_status);
	CHECK(killed(&shot, SIGKILL), "status 0x%x", shot.k_status);
	CHECK(later.k_when - dead.k_when > 0.2, "%.3f s, %.3f s",
	    dead.k_when, later.k_when);
	CHECK(t.log[0] == '\0', "log: %s", t.log);
}

static void
test_unwanted(void)
{
	unit_case("a child that is not awaited is left alone");
	CHECK(test.other.k_gone == 0, "told");
	CHECK(waitpid(test.other.k_pid, &test.other.k_status,
	    WNOHANG) == test.other.k_pid, "not there any more");
}

static void
test_lives_on(void)
{
	struct kid	 hostile, update;

	unit_case("a child that lives on too long is killed, others never");
	start(&hostile, 60, 0);
	start(&update, 7, 6);
	/* The shorter limit holds, whichever came first. */
	reap_overdue(&hostile.k_reap, LAST_SECONDS);
	reap_overdue(&hostile.k_reap, WORKER_SECONDS);
	reap_soon(&update.k_reap);
	loop(2);
	CHECK(killed(&hostile, SIGKILL), "status 0x%x", hostile.k_status);
	CHECK(strstr(t.log, "did not end in 5 seconds: killed") != NULL,
	    "log: %s", t.log);
	CHECK(exited(&update, 6), "status 0x%x", update.k_status);
	CHECK(hostile.k_when < update.k_when, "killed after %.1f s",
	    hostile.k_when);
}

static void
test_many(void)
{
	static struct kid	 many[MANY];
	int			 i, bad = 0;

	unit_case("two hundred at once: each is reported once");
	for (i = 0; i < MANY; i++) {
		start(&many[i], i % 3 * 0.02, i % 100);
		reap_overdue(&many[i].k_reap, LAST_SECONDS);
	}
	loop(MANY);
	for (i = 0; i < MANY; i++)
		bad += !exited(&many[i], i % 100);
	CHECK(bad == 0, "%d with another status", bad);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
	    "a child is left");
}

int
main(void)
{
	clock_gettime(CLOCK_MONOTONIC, &t.began);
	log_to(sink);
	event_init();
	reap_hook(one_gone);
	test_status();
	test_unwanted();
	test_lives_on();
	test_many();
	return (unit_done());
}
