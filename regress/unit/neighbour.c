/* link: popd/neighbour.o popd/handover.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the popds before and after this one are told, and when: at a start,
 * during an upgrade, after one that failed, tried again, and one that did not.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "popd/handover.h"
#include "popd/neighbour.h"
#include "unit.h"

static struct {
	int	 before;		/* the other ends */
	int	 after;
	int	 closed;
} t;

static void
heard(uint32_t type, const char *user)
{
	if (type == HANDOVER_CLOSED)
		t.closed++;
}

/* A new neighbour: returns its end. */
static int
beside(void (*open)(int, void (*)(uint32_t, const char *)))
{
	int	 fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	open(fds[1], heard);
	return (fds[0]);
}

/* The type of the next message to one, 0 if there is none. */
static uint32_t
got(int fd)
{
	struct handover_record	 hr;

	if (recv(fd, &hr, sizeof(hr), 0) != (ssize_t)sizeof(hr))
		return (0);
	CHECK(strcmp(hr.hr_user, "joe") == 0, "of %s", hr.hr_user);
	return (hr.hr_type);
}

/* Say all there is; the one after hears of locks, or what sessions need. */
static void
tell(int lock, int yield)
{
	uint32_t	 type;

	neighbour_order(HANDOVER_LOCK, "joe");
	neighbour_order(HANDOVER_UNLOCK, "joe");
	neighbour_order(HANDOVER_KICK, "joe");
	neighbour_order(HANDOVER_LOG, "joe");
	neighbour_yield("joe");
	neighbour_say_successor(HANDOVER_SESSIONS, "joe");
	if (lock) {
		CHECK(got(t.after) == HANDOVER_LOCK, "no lock");
		CHECK(got(t.after) == HANDOVER_UNLOCK, "no unlock");
	}
	if (yield) {
		CHECK(got(t.after) == HANDOVER_YIELD, "no yield");
		CHECK(got(t.after) == HANDOVER_SESSIONS, "no sessions");
	}
	type = got(t.after);
	CHECK(type == 0, "told %u", type);
}

static void
test_alone(void)
{
	unit_case("a popd alone tells nobody, and has no elder");
	t.after = -1;
	tell(0, 0);
	neighbour_say_before(HANDOVER_STOP, "");
	neighbour_say_after(HANDOVER_TAKEN, "");
	CHECK(!neighbour_elder(), "an elder");
}

static void
test_elder(void)
{
	static const enum handover_type	 types[] = { HANDOVER_LOCK,
		HANDOVER_UNLOCK, HANDOVER_KICK, HANDOVER_LOG, HANDOVER_YIELD };
	size_t				 i;

	unit_case("the popd before is told all orders, and when others wait");
	t.before = beside(neighbour_before);
	CHECK(!neighbour_elder(), "an elder that still serves");
	neighbour_taken();
	CHECK(neighbour_elder(), "no elder");
	tell(0, 0);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		CHECK(got(t.before) == types[i], "not type %u", types[i]);
	CHECK(got(t.before) == 0, "more");
}

static void
test_failed(void)
{
	int	 i;

	unit_case("one that starts is told of locks only; twice, if it fails");
	for (i = 0; i < 2; i++) {
		t.after = beside(neighbour_after);
		tell(1, 0);
		neighbour_gone();
		CHECK(got(t.after) == 0, "told at its end");
		tell(0, 0);
		close(t.after);
	}
}

static void
test_serves(void)
{
	unit_case("one that serves is told of sessions, and of locks no more");
	t.after = beside(neighbour_after);
	tell(1, 0);
	neighbour_serves();
	tell(0, 1);
	neighbour_gone();
	tell(0, 0);
	close(t.after);
	t.after = -1;
}

static void
test_elder_gone(void)
{
	unit_case("an elder that has gone is none");
	close(t.before);
	event_loop(EVLOOP_NONBLOCK);
	CHECK(t.closed == 1, "closed %d times", t.closed);
	CHECK(!neighbour_elder(), "an elder");
	tell(0, 0);
}

int
main(void)
{
	event_init();
	test_alone();
	test_elder();
	test_failed();
	test_serves();
	test_elder_gone();
	return (unit_done());
}
