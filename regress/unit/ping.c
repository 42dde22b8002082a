/* link: popd/ping.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A child that does not answer in the time its role has is killed: not
 * earlier, not for pings the parent itself was late for, and not while it
 * reads a configuration.
 */

#include <sys/queue.h>

#include <string.h>

#include "popd/child.h"
#include "popd/ping.h"
#include "chan.h"
#include "limits.h"
#include "timers.h"
#include "unit.h"

static struct children	 all = TAILQ_HEAD_INITIALIZER(all);
static struct child	 key = { .c_role = ROLE_KEY,
			    .c_chan = (struct chan *)&key };
static struct child	 checker = { .c_role = ROLE_CHECKER,
			    .c_chan = (struct chan *)&checker };

/* What they do. */
static struct kid {
	struct child	*ki_child;
	int		 ki_stuck;	/* it answers later */
	int		 ki_owes;	/* answers */
	int		 ki_asked;
	int		 ki_killed;
} kids[] = { { .ki_child = &key }, { .ki_child = &checker } };

static int	 served;		/* said so often */

#define KEY		(&kids[0])
#define CHECKER		(&kids[1])

static void
all_serve(void)
{
	served++;
}

struct children *
child_all(void)
{
	return (&all);
}

const struct child_role *
child_role(enum role role)
{
	static const struct child_role	 roles[ROLE_MAX] = {
		[ROLE_KEY] = { .ro_patience = PING_SECONDS },
		[ROLE_CHECKER] = { .ro_patience = HASH_SECONDS }
	};

	return (&roles[role]);
}

static struct kid *
kid(const struct child *c)
{
	return (c == &key ? KEY : CHECKER);
}

void
child_kill(struct child *c, const char *why)
{
	kid(c)->ki_killed++;
	c->c_state = CHILD_GONE;
	c->c_chan = NULL;
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	struct kid	*k = ch == (struct chan *)&key ? KEY : CHECKER;

	CHECK(type == MSG_PING && data == NULL && fd == -1, "type %u", type);
	k->ki_asked++;
	k->ki_owes++;
	return (0);
}

/* Answer all pings that were asked, except for stuck children. */
static void
answers(void)
{
	struct kid	*k;

	for (k = kids; k < kids + 2; k++)
		for (; k->ki_owes > 0 && !k->ki_stuck; k->ki_owes--)
			CHECK(ping_answered(k->ki_child).vd_kind ==
			    VERDICT_TAKEN, "an answer that is dropped");
}

/* So many seconds, with a loop that is served. */
static void
pass(int seconds)
{
	while (seconds-- > 0) {
		answers();
		timers_pass(1000);
	}
	answers();
}

/* A case begins with two children that have answered. */
static void
begin(const char *name)
{
	size_t	 i;

	unit_case(name);
	key.c_state = checker.c_state = CHILD_READY;
	key.c_configured = checker.c_configured = 1;
	key.c_chan = (struct chan *)&key;
	checker.c_chan = (struct chan *)&checker;
	key.c_asked = checker.c_asked = 0;
	for (i = 0; i < 2; i++)
		kids[i].ki_stuck = kids[i].ki_owes = kids[i].ki_asked =
		    kids[i].ki_killed = 0;
	pass(2);
}

static void
test_serves(void)
{
	unit_case("popd serves when each child has answered once");
	key.c_configured = checker.c_configured = 1;
	CHECKER->ki_stuck = 1;
	ping_start(all_serve);
	pass(2);
	CHECK(served == 0, "not all have");
	CHECKER->ki_stuck = 0;
	pass(5);
	CHECK(served == 1, "said %d times", served);
}

static void
test_answers_live(void)
{
	begin("a child that answers is asked once a second");
	KEY->ki_asked = CHECKER->ki_asked = 0;
	pass(100);
	CHECK(KEY->ki_asked == 100 && CHECKER->ki_asked == 100, "%d, %d",
	    KEY->ki_asked, CHECKER->ki_asked);
	CHECK(KEY->ki_killed + CHECKER->ki_killed == 0, "killed");
}

static void
test_unasked(void)
{
	unit_case("an answer to nothing is dropped, and no more");
	key.c_asked = 0;
	CHECK(ping_answered(&key).vd_kind == VERDICT_DROP, "not dropped");
}

static void
test_hangs(void)
{
	begin("a child that hangs is killed after its role's time");
	KEY->ki_stuck = CHECKER->ki_stuck = 1;
	KEY->ki_asked = 0;
	pass(PING_SECONDS);
	CHECK(KEY->ki_asked == 1, "asked %d times", KEY->ki_asked);
	CHECK(KEY->ki_killed == 0, "killed too soon");
	pass(2);
	CHECK(KEY->ki_killed == 1, "killed %d times", KEY->ki_killed);
	pass(HASH_SECONDS - PING_SECONDS - 3);
	CHECK(CHECKER->ki_killed == 0, "a checker at its hash is killed");
	pass(3);
	CHECK(CHECKER->ki_killed == 1, "killed %d times", CHECKER->ki_killed);
	CHECK(KEY->ki_killed == 1, "killed again");
}

static void
test_last_moment(void)
{
	begin("a child that answers at the last moment stays");
	KEY->ki_stuck = 1;
	pass(PING_SECONDS);
	KEY->ki_stuck = 0;
	pass(1);
	KEY->ki_stuck = 1;
	pass(PING_SECONDS);
	CHECK(KEY->ki_killed == 0, "killed");
}

static void
test_standstill(void)
{
	begin("what the parent stood still itself is not counted");
	KEY->ki_stuck = 1;
	pass(PING_SECONDS - 2);
	timers_stall(100 * 1000);
	timers_stall(100 * 1000);
	CHECK(KEY->ki_killed == 0, "killed");
	KEY->ki_stuck = 0;
	pass(10);
	CHECK(KEY->ki_killed == 0, "killed later");
	KEY->ki_stuck = 1;
	timers_stall(100 * 1000);
	pass(PING_SECONDS + 2);
	CHECK(KEY->ki_killed == 1, "not killed at all");
}

static void
test_unconfigured(void)
{
	begin("a child without a configuration is left alone");
	KEY->ki_stuck = 1;
	KEY->ki_asked = 0;
	key.c_configured = 0;
	key.c_state = CHILD_TRYING;
	pass(20);
	CHECK(KEY->ki_asked == 0, "asked %d times", KEY->ki_asked);
	key.c_configured = 1;
	key.c_state = CHILD_READY;
	pass(PING_SECONDS - 1);
	CHECK(KEY->ki_killed == 0, "its time is counted");
	pass(3);
	CHECK(KEY->ki_killed == 1, "killed %d times", KEY->ki_killed);
}

static void
test_to_read(void)
{
	begin("one that is to read another is asked like any other");
	KEY->ki_stuck = 1;
	key.c_state = CHILD_TRYING;
	pass(PING_SECONDS + 2);
	CHECK(KEY->ki_killed == 1, "killed %d times", KEY->ki_killed);
}

int
main(void)
{
	TAILQ_INSERT_TAIL(&all, &key, c_entry);
	TAILQ_INSERT_TAIL(&all, &checker, c_entry);
	key.c_state = checker.c_state = CHILD_NEW;
	test_serves();
	test_answers_live();
	test_unasked();
	test_hangs();
	test_last_moment();
	test_standstill();
	test_unconfigured();
	test_to_read();
	return (unit_done());
}
