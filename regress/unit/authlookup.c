/*
 * link: authpop/serve.o authpop/lookup.o
 * link: authpop/queue.o authpop/ranks.o authpop/records.o authpop/crowd.o
 * link: authpop/origin.o authpop/pairs.o authpop/penalty.o authpop/keyhash.o
 * link: lib/table.o $(LOOP_OBJS)
 * link: lib/nets.o
 * link: lib/hmac.o authpop/seal.o authpop/peer.o authpop/ask.o
 * link: authpop/digest.o $(COMPAT_BCMP)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The queue process of authpop with a tabpop that is compromised or missing.
 * The real authpop runs in a child; this process plays its parent, a listener,
 * the checkers and tabpop.
 */

#include <dlfcn.h>
#include <signal.h>
#include <time.h>

#include "authpeers.h"

#define SOON		100	/* ms in which nothing should come */
#define LONG		10000	/* for what is to come */

#define GEN_LISTENER	3
#define GEN_CHECKER	4

static struct {
	struct end		 listener, checker, tables;
	union msg_payload	 data;		/* of the message last read */
	uint64_t		 num;		/* of the last session */
	uint64_t		 look;		/* number of a lookup */
	uint64_t		 last;		/* session before a crowd */
	int			 wanted;	/* tabpops by authpop */
} t;

static int	 stands;	/* the clock of the next child */

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	static int	(*real)(clockid_t, struct timespec *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	if (!stands)
		return (real(id, ts));
	ts->tv_sec = 1000;
	ts->tv_nsec = 0;
	return (0);
}

/* Return the type of the next message; count requests for a tabpop. */
static uint32_t
get_type(struct end *e, int ms)
{
	struct got	 got;

	for (;;) {
		got = get(e, ms);
		if (got.type != MSG_PEER_WANT ||
		    got.data.peer.mp_role != ROLE_TABLE)
			break;
		t.wanted++;
	}
	t.data = got.data;
	return (got.type);
}

static void
want(struct end *e, uint32_t type)
{
	uint32_t	 got = get_type(e, LONG);

	CHECK(got == type, "%s, not %s", got == MSG_MAX ? "the end" :
	    got == 0 ? "nothing" : msg_name(got), msg_name(type));
}

static void
want_nothing(struct end *e)
{
	uint32_t	 got = get_type(e, SOON);

	CHECK(got == 0, "%s", got == MSG_MAX ? "the end" : msg_name(got));
}

static void
want_end(struct end *e)
{
	uint32_t	 got = get_type(e, LONG);

	CHECK(got == MSG_MAX, "still running: %s", msg_name(got));
}

/* A child with a listener, a checker and, perhaps, a tabpop. */
static void
start(const char *name, int tables)
{
	unit_case(name);
	memset(&t, 0, sizeof(t));
	start_authpop();
	if (tables)
		join(&t.tables, ROLE_TABLE, 1);
	join(&t.listener, ROLE_LISTENER, GEN_LISTENER);
	join(&t.checker, ROLE_CHECKER, GEN_CHECKER);
}

static void
stop(void)
{
	stop_authpop();
	end_close(&t.listener);
	if (t.checker.fd != -1)
		end_close(&t.checker);
	if (t.tables.fd > 0)
		end_close(&t.tables);
}

/* Send a check of a source.  Return its number. */
static uint64_t
ask_from(uint8_t source)
{
	struct msg_auth_check	 mac;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = GEN_LISTENER;
	mac.mac_id.si_num = ++t.num;
	mac.mac_source.so_version = 4;
	mac.mac_source.so_addr[0] = source;
	strlcpy(mac.mac_user, "Joe", sizeof(mac.mac_user));
	strlcpy(mac.mac_pass, "secret", sizeof(mac.mac_pass));
	put(&t.listener, MSG_AUTH_CHECK, &mac);
	return (t.num);
}

static void
cancel(uint64_t num)
{
	struct session_id	 id = { GEN_LISTENER, num };

	put(&t.listener, MSG_AUTH_CANCEL, &id);
}

/* Expect a check at the checker, looked up or not.  Return its number. */
static uint64_t
want_check(uint32_t looked)
{
	want(&t.checker, MSG_CHECK);
	CHECK(t.data.check.mk_looked == looked, "looked %u",
	    t.data.check.mk_looked);
	CHECK(strcmp(t.data.check.mk_user, "joe") == 0 &&
	    strcmp(t.data.check.mk_pass, "secret") == 0, "%s",
	    t.data.check.mk_user);
	return (t.data.check.mk_seq);
}

static void
checked(uint64_t seq, enum auth_result result)
{
	struct msg_checked	 mh;

	memset(&mh, 0, sizeof(mh));
	mh.mh_seq = seq;
	mh.mh_result = result;
	put(&t.checker, MSG_CHECKED, &mh);
}

/* Expect a question to tabpop.  Return its number. */
static uint64_t
want_lookup(void)
{
	want(&t.tables, MSG_LOOKUP);
	CHECK(strcmp(t.data.lookup.mlk_user, "joe") == 0, "%s",
	    t.data.lookup.mlk_user);
	return (t.data.lookup.mlk_seq);
}

static void
looked(uint64_t seq, enum look_result result)
{
	struct msg_looked	 ld = { seq, result, 0 };

	put(&t.tables, MSG_LOOKED, &ld);
}

/* And is told whose it is. */
static void
want_give(uint64_t seq, uint64_t check)
{
	want(&t.tables, MSG_GIVE);
	CHECK(t.data.give.gi_lookup == seq &&
	    t.data.give.gi_checker == GEN_CHECKER &&
	    t.data.give.gi_check == check, "%llu to %llu for %llu",
	    (unsigned long long)t.data.give.gi_lookup,
	    (unsigned long long)t.data.give.gi_checker,
	    (unsigned long long)t.data.give.gi_check);
}

static void
want_ok(uint64_t num)
{
	want(&authpop.parent, MSG_AUTH_OK);
	CHECK(t.data.auth_ok.mo_id.si_num == num, "session %llu",
	    (unsigned long long)t.data.auth_ok.mo_id.si_num);
	CHECK(strcmp(t.data.auth_ok.mo_user, "joe") == 0, "%s",
	    t.data.auth_ok.mo_user);
}

static void
want_bad(uint64_t num, enum auth_result result)
{
	want(&authpop.parent, MSG_AUTH_BAD);
	CHECK(t.data.auth_bad.mab_id.si_num == num, "session %llu",
	    (unsigned long long)t.data.auth_bad.mab_id.si_num);
	CHECK(t.data.auth_bad.mab_result == result, "%u",
	    t.data.auth_bad.mab_result);
}

/* Send a check that tabpop is asked about.  Return its number there. */
static uint64_t
elsewhere(uint8_t source)
{
	ask_from(source);
	checked(want_check(0), AUTH_ELSEWHERE);
	return (want_lookup());
}

static void
test_found(void)
{
	uint64_t	 seq, look;
	int		 i;

	start("a user in no file is looked up, then checked again", 1);
	for (i = 0; i < 2; i++) {
		look = elsewhere(1);
		want_nothing(&t.checker);
		looked(look, i == 0 ? LOOK_FOUND : LOOK_NONE);
		seq = want_check(1);
		want_give(look, seq);
		checked(seq, i == 0 ? AUTH_ACCEPTED : AUTH_NO_USER);
		if (i == 0)
			want_ok(t.num);
		else
			want_bad(t.num, AUTH_NO_USER);
	}
}

static void
test_admitted(void)
{
	uint64_t	 num;

	unit_case("a user of a file is admitted without");
	num = ask_from(1);
	checked(want_check(0), AUTH_ACCEPTED);
	want_ok(num);
	want_nothing(&t.tables);
}

static void
test_rejected(void)
{
	uint64_t	 num, look;

	unit_case("or refused, but not before tabpop has answered, too");
	num = ask_from(1);
	checked(want_check(0), AUTH_NO_MATCH);
	look = want_lookup();
	want_nothing(&authpop.parent);
	looked(look, LOOK_TEMP);
	want_bad(num, AUTH_NO_MATCH);
	want_nothing(&t.checker);
	stop();
}

static void
test_no_tabpop(void)
{
	uint64_t	 num;

	start("without tabpop the one is not known for now, the other is", 0);
	num = ask_from(1);
	checked(want_check(0), AUTH_ELSEWHERE);
	want_bad(num, AUTH_TEMP);
	num = ask_from(1);
	checked(want_check(0), AUTH_NO_MATCH);
	want_bad(num, AUTH_NO_MATCH);
	stop();
}

static void
test_proved(void)
{
	uint64_t	 first, second, seq, proof, look;

	start("while a table sees a password the checker takes the next", 1);
	look = elsewhere(1);
	looked(look, LOOK_FOUND);
	proof = want_check(1);
	want_give(look, proof);
	checked(proof, AUTH_PROVING);
	first = t.num;
	second = ask_from(2);
	seq = want_check(0);
	checked(proof, AUTH_ACCEPTED);
	want_ok(first);
	checked(seq, AUTH_ACCEPTED);
	want_ok(second);
}

static void
test_proof_cancelled(void)
{
	uint64_t	 proof, look;

	unit_case("a check cancelled meanwhile has no answer");
	look = elsewhere(1);
	looked(look, LOOK_FOUND);
	proof = want_check(1);
	want_give(look, proof);
	checked(proof, AUTH_PROVING);
	cancel(t.num);
	want_nothing(&authpop.parent);
	checked(proof, AUTH_ACCEPTED);
	want_nothing(&authpop.parent);
}

static void
test_proof_lost(void)
{
	uint64_t	 proof, look;

	unit_case("what a checker proves is checked again if it ends");
	look = elsewhere(1);
	looked(look, LOOK_FOUND);
	proof = want_check(1);
	want_give(look, proof);
	checked(proof, AUTH_PROVING);
	want_nothing(&authpop.parent);
	end_close(&t.checker);
	join(&t.checker, ROLE_CHECKER, GEN_CHECKER + 1);
	checked(want_check(0), AUTH_ACCEPTED);
	want_ok(t.num);
	stop();
}

/* A checker that says this of a check is ended; another one checks it. */
static void
bad_checker(const char *name, int again, enum auth_result result, int proves)
{
	uint64_t	 look, seq;

	start(name, 1);
	if (again) {
		look = elsewhere(1);
		looked(look, LOOK_FOUND);
		seq = want_check(1);
		want_give(look, seq);
	} else {
		ask_from(1);
		seq = want_check(0);
	}
	if (proves)
		checked(seq, AUTH_PROVING);
	checked(seq, result);
	want_end(&t.checker);
	want_nothing(&authpop.parent);
	CHECK(strstr(authpop.logged, "hashpop 4 ended: ") != NULL, "%s",
	    authpop.logged);
	join(&t.checker, ROLE_CHECKER, GEN_CHECKER + 1);
	checked(want_check(0), AUTH_ACCEPTED);
	want_ok(t.num);
	stop();
}

/* This message ends tabpop; its open questions fail temporarily. */
static void
bad_tables(const char *name, int64_t off, int before, int after)
{
	uint64_t	 look, seq, num;

	start(name, 1);
	look = elsewhere(1);
	num = t.num;
	if (before) {
		looked(look, LOOK_FOUND);
		seq = want_check(1);
		want_give(look, seq);
		if (after) {
			checked(seq, AUTH_ACCEPTED);
			want_ok(num);
		}
	}
	looked(look + (uint64_t)off, LOOK_FOUND);
	want_end(&t.tables);
	if (!before)
		want_bad(num, AUTH_TEMP);
	else if (!after) {
		checked(seq, AUTH_ACCEPTED);
		want_ok(num);
	}
	want_nothing(&authpop.parent);
	CHECK(strstr(authpop.logged, "tabpop ended: ") != NULL, "%s",
	    authpop.logged);
	CHECK(t.wanted == 1, "another is wanted %d times", t.wanted);

	/* And with the next it goes on. */
	end_close(&t.tables);
	join(&t.tables, ROLE_TABLE, 2);
	look = elsewhere(1);
	looked(look, LOOK_NONE);
	seq = want_check(1);
	want_give(look, seq);
	checked(seq, AUTH_NO_USER);
	want_bad(t.num, AUTH_NO_USER);
	stop();
}

static void
test_bad_tables(void)
{
	bad_tables("a tabpop that answers what it was not asked", 7, 0, 0);
	bad_tables("one that answers to no number at all", -1, 0, 0);
	bad_tables("one that answers twice, while it is checked", 0, 1, 0);
	bad_tables("one that answers twice, after that", 0, 1, 1);
}

static void
test_tables_end(void)
{
	uint64_t	 seq, num;

	start("the end of tabpop fails only the checks that wait for it", 1);
	elsewhere(1);
	num = t.num;
	ask_from(2);
	seq = want_check(0);
	end_close(&t.tables);
	want_bad(num, AUTH_TEMP);
	want_nothing(&authpop.parent);
	CHECK(t.wanted == 1, "another is wanted %d times", t.wanted);
	checked(seq, AUTH_ACCEPTED);
	want_ok(t.num);
	stop();
}

static void
test_cancelled(void)
{
	uint64_t	 look;

	start("a check cancelled while tabpop is asked is dropped", 1);
	look = elsewhere(1);
	cancel(t.num);
	want_nothing(&t.tables);
	looked(look, LOOK_FOUND);
	want_nothing(&t.checker);
	want_nothing(&authpop.parent);
}

static void
test_listener_gone(void)
{
	uint64_t	 look;

	unit_case("so are all checks of a listener that ended");
	look = elsewhere(1);
	end_close(&t.listener);
	join(&t.listener, ROLE_LISTENER, GEN_LISTENER + 1);
	want_nothing(&t.tables);
	looked(look, LOOK_FOUND);
	want_nothing(&t.checker);
	want_nothing(&authpop.parent);
	stop();
}

static void
test_late_number(void)
{
	uint64_t	 look, seq;

	start("a number that comes late is no lie", 1);
	look = elsewhere(1);
	cancel(t.num);
	looked(look, LOOK_NONE);
	look = elsewhere(1);
	looked(look, LOOK_NONE);
	seq = want_check(1);
	want_give(look, seq);
	checked(seq, AUTH_NO_USER);
	want_bad(t.num, AUTH_NO_USER);
	stop();
}

/* Add a user of tables; tabpop is not asked yet. */
static void
wait_from(uint8_t source)
{
	ask_from(source);
	checked(want_check(0), AUTH_ELSEWHERE);
}

static void
test_as_many(void)
{
	int	 i;

	/* Fewer are asked if an answer takes longer than LOOKUP_MS. */
	stands = 1;
	start("tabpop is asked so many at once", 1);
	for (i = 0; i < LOOKUPS_MAX; i++)
		t.look = elsewhere(1);
	for (i = 0; i < LOOKUPS_WAITING; i++)
		wait_from(1);
	want_nothing(&t.tables);
	want_nothing(&authpop.parent);
	t.last = t.num;
}

static void
test_overflow(void)
{
	unit_case("when too many wait, the source with most gives way");
	wait_from(1);
	want_bad(t.last + 1, AUTH_TEMP);
	wait_from(2);
	want_bad(t.last, AUTH_TEMP);
	want_nothing(&t.tables);
}

static void
test_turns(void)
{
	uint64_t	 seq;
	int		 i;

	unit_case("and the sources take turns");
	looked(t.look, LOOK_NONE);
	seq = want_check(1);
	want(&t.tables, MSG_GIVE);
	want_lookup();
	checked(seq, AUTH_NO_USER);
	want_bad(LOOKUPS_MAX, AUTH_NO_USER);
	looked(t.look - 1, LOOK_NONE);
	seq = want_check(1);
	want(&t.tables, MSG_GIVE);
	want_lookup();
	checked(seq, AUTH_NO_USER);
	want_bad(LOOKUPS_MAX - 1, AUTH_NO_USER);
	/* One of these two was asked about for the second source. */
	t.look += 2;
	for (i = 0; i < 2; i++, t.look--) {
		looked(t.look, LOOK_NONE);
		seq = want_check(1);
		want(&t.tables, MSG_GIVE);
		checked(seq, AUTH_NO_USER);
		want(&authpop.parent, MSG_AUTH_BAD);
		if (t.data.auth_bad.mab_id.si_num == t.num)
			break;
		want_lookup();
	}
	CHECK(i < 2, "the second source waits for all of the first");
	stop();
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_found();
	test_admitted();
	test_rejected();
	test_no_tabpop();
	test_proved();
	test_proof_cancelled();
	test_proof_lost();
	bad_checker("a checker that wants a second look lies", 1,
	    AUTH_ELSEWHERE, 0);
	bad_checker("one that proves what no table knows lies", 0,
	    AUTH_PROVING, 0);
	bad_checker("one that proves twice lies", 1, AUTH_PROVING, 1);
	bad_checker("one that wants a look at what it proves lies", 1,
	    AUTH_ELSEWHERE, 1);
	bad_checker("one that judges of a delay lies", 1, AUTH_DELAY, 0);
	test_bad_tables();
	test_tables_end();
	test_cancelled();
	test_listener_gone();
	test_late_number();
	test_as_many();
	test_overflow();
	test_turns();
	return (unit_done());
}
