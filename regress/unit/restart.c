/* link: popd/restart.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * When children are restarted: at once, then later and later, and at once
 * again after a role has lived for a while.  A failed start is repeated, and
 * no role waits for another.
 */

#include <errno.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "popd/child.h"
#include "popd/restart.h"
#include "popd/sockets.h"
#include "timers.h"
#include "unit.h"

static struct {
	int	 starts[ROLE_MAX];
	int	 fails;			/* of the next starts */
	int	 tries;
	int	 configured;
	int	 mended;
	int	 unmended;		/* listeners started without it */
	char	 log[4096];
} did;

struct child *
child_start(enum role role, int judge)
{
	static struct child	 c;

	did.tries++;
	if (did.fails > 0) {
		did.fails--;
		errno = EAGAIN;
		return (NULL);
	}
	did.starts[role]++;
	if (role == ROLE_LISTENER && did.mended == 0)
		did.unmended++;
	return (&c);
}

static void
new_child(void)
{
	did.configured++;
}

void
sockets_mend(void)
{
	did.mended++;
}

static void
sink(int level, const char *text)
{
	strlcat(did.log, text, sizeof(did.log));
	strlcat(did.log, "\n", sizeof(did.log));
}

/* So long after everything that was before that it is forgotten. */
static void
begin(const char *name)
{
	unit_case(name);
	timers_pass(1000 * 1000);
	memset(&did, 0, sizeof(did));
}

/*
 * One of the role dies: seconds to the start of the next, -1 if there is none
 * within two minutes.
 */
static int
die(enum role role)
{
	int	 before = did.starts[role], seconds;

	restart_gone(role);
	for (seconds = 0; seconds <= 120; seconds++) {
		if (did.starts[role] > before)
			return (seconds);
		timers_pass(1000);
	}
	return (-1);
}

static void
test_intervals(void)
{
	static const int	 want[] = { 0, 1, 2, 4, 8, 16, 30, 30 };
	size_t			 i;
	int			 got;

	begin("at once, then after 1, 2, 4 ... 30 seconds");
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		got = die(ROLE_KEY);
		CHECK(got == want[i], "death %zu: %d s, not %d", i, got,
		    want[i]);
		CHECK(did.starts[ROLE_KEY] == (int)i + 1, "%d started",
		    did.starts[ROLE_KEY]);
	}
	CHECK(did.configured == (int)i, "%d configured", did.configured);
	CHECK(strstr(did.log, "keypop is down: next start in 16 seconds\n") !=
	    NULL, "log: %s", did.log);
}

static void
test_other_role(void)
{
	int	 got;

	unit_case("another role has its own back-off");
	got = die(ROLE_AUTH);
	CHECK(got == 0, "%d s", got);
}

static void
test_not_calm(void)
{
	int	 got;

	unit_case("a life as long as the back-off is not calm");
	timers_pass(30 * 1000);
	got = die(ROLE_KEY);
	CHECK(got == RESTART_SECONDS_MAX, "%d s", got);
	timers_pass((RESTART_CALM - 1) * 1000);
	got = die(ROLE_KEY);
	CHECK(got == RESTART_SECONDS_MAX, "%d s", got);
}

static void
test_calm(void)
{
	int	 got;

	unit_case("forgotten when the role has lived for long enough");
	timers_pass(RESTART_CALM * 1000);
	got = die(ROLE_KEY);
	CHECK(got == 0, "%d s", got);
	got = die(ROLE_KEY);
	CHECK(got == 1, "then %d s", got);
}

static void
test_together(void)
{
	begin("all of a role die together: one at once, the others together");
	restart_gone(ROLE_LISTENER);
	restart_gone(ROLE_LISTENER);
	restart_gone(ROLE_LISTENER);
	restart_gone(ROLE_LISTENER);
	CHECK(did.starts[ROLE_LISTENER] == 1, "%d at once",
	    did.starts[ROLE_LISTENER]);
	timers_pass(1000);
	CHECK(did.starts[ROLE_LISTENER] == 4, "%d after a second",
	    did.starts[ROLE_LISTENER]);
	timers_pass(60 * 1000);
	CHECK(did.starts[ROLE_LISTENER] == 4, "%d in the end",
	    did.starts[ROLE_LISTENER]);
}

static void
test_sockets_first(void)
{
	unit_case("the sockets are made good before a listener starts");
	CHECK(did.mended == 2 && did.unmended == 0, "%d, %d without it",
	    did.mended, did.unmended);
	die(ROLE_KEY);
	CHECK(did.mended == 2, "for a keypop, too");
}

static void
test_tried_again(void)
{
	begin("what cannot be started is tried again, later and later");
	did.fails = 3;
	restart_gone(ROLE_CHECKER);
	CHECK(did.tries == 1 && did.starts[ROLE_CHECKER] == 0, "%d tries",
	    did.tries);
	CHECK(strstr(did.log, "cannot start hashpop: ") != NULL, "log: %s",
	    did.log);
	timers_pass(1000);
	CHECK(did.tries == 2, "%d tries after 1 s", did.tries);
	timers_pass(2000);
	CHECK(did.tries == 3, "%d tries after 3 s", did.tries);
	timers_pass(4000);
	CHECK(did.tries == 4 && did.starts[ROLE_CHECKER] == 1,
	    "%d tries after 7 s", did.tries);
	timers_pass(100 * 1000);
	CHECK(did.tries == 4, "%d tries in the end", did.tries);
}

static void
test_others_stay(void)
{
	begin("of several, those that could be started are not again");
	restart_gone(ROLE_CHECKER);
	restart_gone(ROLE_CHECKER);
	restart_gone(ROLE_CHECKER);
	did.fails = 1;
	timers_pass(1000);
	CHECK(did.starts[ROLE_CHECKER] == 1, "%d", did.starts[ROLE_CHECKER]);
	timers_pass(100 * 1000);
	CHECK(did.starts[ROLE_CHECKER] == 3, "%d", did.starts[ROLE_CHECKER]);
}

/* The last case: nothing is started any more. */
static void
test_stop(void)
{
	begin("nothing is started when popd stops");
	restart_gone(ROLE_KEY);
	restart_gone(ROLE_KEY);
	CHECK(did.starts[ROLE_KEY] == 1, "%d", did.starts[ROLE_KEY]);
	CHECK(restart_next(ROLE_KEY) != 0, "no time is told");
	restart_stop();
	CHECK(restart_next(ROLE_KEY) == 0, "a time is told");
	restart_gone(ROLE_AUTH);
	timers_pass(1000 * 1000);
	CHECK(did.tries == 1, "%d tries", did.tries);
}

int
main(void)
{
	log_to(sink);
	restart_hook(new_child);
	restart_first(ROLE_KEY, 1);
	restart_first(ROLE_AUTH, 1);
	restart_first(ROLE_CHECKER, 3);
	restart_first(ROLE_LISTENER, 4);
	test_intervals();
	test_other_role();
	test_not_calm();
	test_calm();
	test_together();
	test_sockets_first();
	test_tried_again();
	test_others_stay();
	test_stop();
	return (unit_done());
}
