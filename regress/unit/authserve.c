/*
 * link: authpop/serve.o authpop/lookup.o
 * link: authpop/queue.o authpop/records.o authpop/crowd.o authpop/ranks.o
 * link: authpop/origin.o authpop/pairs.o authpop/penalty.o authpop/keyhash.o
 * link: lib/table.o $(LOOP_OBJS) lib/nets.o
 * link: lib/hmac.o authpop/seal.o authpop/peer.o authpop/ask.o
 * link: authpop/digest.o $(COMPAT_BCMP)
 * waits
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The queue process of authpop with peers that break the protocol.  The real
 * one runs in a child; this process plays its parent, listeners and checkers.
 */

#include "authchecks.h"

/* What the cases of one scenario share. */
static struct {
	struct end		 listener;
	struct end		 checker;
	struct session_id	 id;
} test;

static void
test_configured(void)
{
	struct msg_conf	 mc;
	struct got	 got;

	unit_case("configuration is agreed to and committed");
	start_authpop();
	memset(&mc, 0, sizeof(mc));
	put(&authpop.parent, MSG_CONF_TRY, &mc);
	put(&authpop.parent, MSG_CONF_CHECK, NULL);
	got = get(&authpop.parent, 2000);
	CHECK(got.type == MSG_CONF_OK, "%s", msg_name(got.type));
	put(&authpop.parent, MSG_CONF_COMMIT, NULL);
}

static void
test_checked(void)
{
	struct got	 got;
	uint64_t	 seq;

	unit_case("a check goes to a checker and its answer to the parent");
	peer(&test.listener, ROLE_LISTENER, 3);
	peer(&test.checker, ROLE_CHECKER, 4);
	put_check(&test.listener, 3, 1, 10);
	seq = want_check(&test.checker);
	want_nothing(&authpop.parent);
	put_checked(&test.checker, seq, AUTH_ACCEPTED);
	got = get(&authpop.parent, 2000);
	CHECK(got.type == MSG_AUTH_OK, "%s", msg_name(got.type));
	CHECK(got.data.auth_ok.mo_id.si_gen == 3 &&
	    got.data.auth_ok.mo_id.si_num == 1, "session");
	CHECK(strcmp(got.data.auth_ok.mo_user, "joe@example.org") == 0, "%s",
	    got.data.auth_ok.mo_user);
	put_check(&test.listener, 3, 5, 10);
	put_checked(&test.checker, want_check(&test.checker), AUTH_NO_USER);
	want_bad(3, 5, AUTH_NO_USER);
	want_nothing(&test.listener);
}

static void
test_busy(void)
{
	uint64_t	 seq;

	unit_case("a checker has one check at a time, the others wait");
	put_check(&test.listener, 3, 6, 10);
	put_check(&test.listener, 3, 7, 11);
	seq = want_check(&test.checker);
	want_nothing(&test.checker);
	put_checked(&test.checker, seq, AUTH_NO_MATCH);
	want_bad(3, 6, AUTH_NO_MATCH);
	put_checked(&test.checker, want_check(&test.checker), AUTH_TEMP);
	want_bad(3, 7, AUTH_TEMP);
}

static void
test_no_place(void)
{
	uint64_t	 seq;

	unit_case("what finds no place is answered at once");
	for (seq = 10; seq <= 10 + CHECKS_WAITING + 1; seq++)
		put_check(&test.listener, 3, seq, 20);
	want_bad(3, 10 + CHECKS_WAITING + 1, AUTH_TEMP);
	CHECK(authpop.logged[0] == '\0', "%s", authpop.logged);
	end_close(&test.listener);
	end_close(&test.checker);
	stop_authpop();
}

/* A listener that does this is ended by name, and no other. */
static void
bad_listener(const char *name, void (*act)(struct end *))
{
	struct end	 bad, good, c;
	struct got	 got;
	uint64_t	 seq;

	unit_case(name);
	start_authpop();
	peer(&bad, ROLE_LISTENER, 3);
	peer(&good, ROLE_LISTENER, 5);
	put_check(&bad, 3, 1, 1);
	put_check(&good, 5, 1, 2);
	act(&bad);
	got = get(&bad, 2000);
	CHECK(got.type == MSG_MAX, "still running: %s", msg_name(got.type));
	peer(&c, ROLE_CHECKER, 7);
	seq = want_check(&c);
	put_checked(&c, seq, AUTH_NO_MATCH);
	want_bad(5, 1, AUTH_NO_MATCH);
	want_nothing(&c);
	put_check(&good, 5, 2, 2);
	put_checked(&c, want_check(&c), AUTH_NO_USER);
	want_bad(5, 2, AUTH_NO_USER);
	CHECK(strstr(authpop.logged, "lsnrpop 3 ended: ") != NULL, "%s",
	    authpop.logged);
	CHECK(strstr(authpop.logged, CANARY) == NULL, "password in the log");
	end_close(&bad);
	end_close(&good);
	end_close(&c);
	stop_authpop();
}

static void
act_other_gen(struct end *e)
{
	put_check(e, 5, 99, 1);
}

static void
act_again(struct end *e)
{
	put_check(e, 3, 1, 1);
}

static void
act_lower(struct end *e)
{
	put_check(e, 3, 0, 1);
}

static void
act_cancel_other(struct end *e)
{
	struct session_id	 id = { 5, 1 };

	put(e, MSG_AUTH_CANCEL, &id);
}

/* Not all that are its own. */
static void
act_cancel_none(struct end *e)
{
	struct session_id	 id = { 3, 0 };

	put(e, MSG_AUTH_CANCEL, &id);
}

static void
act_answer(struct end *e)
{
	put_checked(e, 1, AUTH_ACCEPTED);
}

static void
act_ok(struct end *e)
{
	struct msg_auth_ok	 mo;

	memset(&mo, 0, sizeof(mo));
	put(e, MSG_AUTH_OK, &mo);
}

static void
act_unknown(struct end *e)
{
	put_size(e, 12345, NULL, 0, -1);
}

static void
act_short(struct end *e)
{
	struct msg_auth_check	 mac = check(3, 2, 1);

	put_size(e, MSG_AUTH_CHECK, &mac, sizeof(mac) - 1, -1);
}

static void
act_long(struct end *e)
{
	char	 buf[sizeof(struct msg_auth_check) + 1];

	memset(buf, 0, sizeof(buf));
	put_size(e, MSG_AUTH_CHECK, buf, sizeof(buf), -1);
}

static void
act_unterminated(struct end *e)
{
	struct msg_auth_check	 mac = check(3, 2, 1);

	memset(mac.mac_user, 'x', sizeof(mac.mac_user));
	put(e, MSG_AUTH_CHECK, &mac);
}

static void
act_descriptor(struct end *e)
{
	struct msg_auth_check	 mac = check(3, 2, 1);

	put_size(e, MSG_AUTH_CHECK, &mac, sizeof(mac),
	    open("/dev/null", O_RDONLY));
}

static void
act_garbage(struct end *e)
{
	char	 buf[4000];

	memset(buf, 0xff, sizeof(buf));
	CHECK(write(e->fd, buf, sizeof(buf)) == (ssize_t)sizeof(buf), "write");
}

static void
test_bad_listeners(void)
{
	bad_listener("a session of another listener", act_other_gen);
	bad_listener("a session number a second time", act_again);
	bad_listener("a session number that goes back", act_lower);
	bad_listener("another listener's check cancelled", act_cancel_other);
	bad_listener("a session that cannot be cancelled", act_cancel_none);
	bad_listener("a listener that answers", act_answer);
	bad_listener("a listener that speaks for us", act_ok);
	bad_listener("a message of unknown type", act_unknown);
	bad_listener("a short message", act_short);
	bad_listener("a long message", act_long);
	bad_listener("a name without an end", act_unterminated);
	bad_listener("unexpected descriptor", act_descriptor);
	bad_listener("garbage", act_garbage);
}

/* Each ends the checker that sent it; its check is answered. */
static void
test_unasked(void)
{
	struct end	 d;
	struct got	 got;

	unit_case("a checker that answers to nothing is ended");
	start_authpop();
	peer(&test.listener, ROLE_LISTENER, 1);
	peer(&d, ROLE_CHECKER, 2);
	put_checked(&d, 1, AUTH_ACCEPTED);
	got = get(&d, 2000);
	CHECK(got.type == MSG_MAX, "still running");
	end_close(&d);
	want_nothing(&authpop.parent);
	CHECK(strstr(authpop.logged, "hashpop 2 ended: ") != NULL, "%s",
	    authpop.logged);
}

static void
test_wrong_answer(void)
{
	struct end	 c[4];
	struct got	 got;
	uint64_t	 seq;
	int		 i;

	unit_case("a checker answers wrongly or dies: another one, then TEMP");
	for (i = 0; i < 4; i++) {
		peer(&c[i], ROLE_CHECKER, 10 + (uint64_t)i);
		if (i % 2 == 0)
			put_check(&test.listener, 1, 10 + (uint64_t)i, 1);
		seq = want_check(&c[i]);
		switch (i) {
		case 0:
			put_checked(&c[i], seq + 1, AUTH_ACCEPTED);
			break;
		case 1:
			put_checked(&c[i], seq, AUTH_RESULTS);
			break;
		case 2:
			put_check(&c[i], 1, 99, 1);
			break;
		default:
			end_close(&c[i]);
		}
		if (i % 2 == 0)
			want_nothing(&authpop.parent);
		else
			want_bad(1, 9 + (uint64_t)i, AUTH_TEMP);
		if (i != 3) {
			got = get(&c[i], 2000);
			CHECK(got.type == MSG_MAX, "%d still runs", i);
			end_close(&c[i]);
		}
	}
}

static void
test_dead(void)
{
	struct end	 c[3];
	int		 i;

	unit_case("checkers that were dead before are not counted");
	for (i = 0; i < 2; i++)
		peer(&c[i], ROLE_CHECKER, 15 + (uint64_t)i);
	/* It hears of the check first, and then of each that it gives it to. */
	kill(authpop.child, SIGSTOP);
	put_check(&test.listener, 1, 15, 1);
	while (--i >= 0)
		end_close(&c[i]);
	kill(authpop.child, SIGCONT);
	want_nothing(&authpop.parent);
	peer(&c[2], ROLE_CHECKER, 17);
	put_checked(&c[2], want_check(&c[2]), AUTH_NO_USER);
	want_bad(1, 15, AUTH_NO_USER);
	end_close(&c[2]);
}

static void
test_second_answer(void)
{
	struct end	 d;
	struct got	 got;
	uint64_t	 seq;

	unit_case("an answer a second time is an answer to nothing");
	peer(&d, ROLE_CHECKER, 20);
	put_check(&test.listener, 1, 20, 1);
	seq = want_check(&d);
	put_checked(&d, seq, AUTH_ACCEPTED);
	put_checked(&d, seq, AUTH_ACCEPTED);
	got = get(&authpop.parent, 2000);
	CHECK(got.type == MSG_AUTH_OK, "%s", msg_name(got.type));
	want_nothing(&authpop.parent);
	got = get(&d, 2000);
	CHECK(got.type == MSG_MAX, "still running");
	end_close(&d);
}

static void
test_no_checker(void)
{
	struct end	 d;

	unit_case("without a checker checks wait for the next");
	put_check(&test.listener, 1, 30, 1);
	want_nothing(&authpop.parent);
	peer(&d, ROLE_CHECKER, 21);
	put_checked(&d, want_check(&d), AUTH_NO_USER);
	want_bad(1, 30, AUTH_NO_USER);
	end_close(&d);
	end_close(&test.listener);
	stop_authpop();
}

static void
test_cancelled(void)
{
	uint64_t	 seq;

	unit_case("cancelled checks are not answered, waiting or running");
	test.id = (struct session_id){ 1, 2 };
	start_authpop();
	peer(&test.listener, ROLE_LISTENER, 1);
	peer(&test.checker, ROLE_CHECKER, 2);
	put_check(&test.listener, 1, 1, 1);
	put_check(&test.listener, 1, 2, 1);
	put_check(&test.listener, 1, 3, 1);
	seq = want_check(&test.checker);
	put(&test.listener, MSG_AUTH_CANCEL, &test.id);
	test.id.si_num = 1;
	put(&test.listener, MSG_AUTH_CANCEL, &test.id);
	want_nothing(&authpop.parent);
	put_checked(&test.checker, seq, AUTH_ACCEPTED);
	put_checked(&test.checker, want_check(&test.checker), AUTH_NO_USER);
	want_bad(1, 3, AUTH_NO_USER);
	want_nothing(&test.checker);
}

static void
test_cancel_unknown(void)
{
	unit_case("cancelling an unknown check is no fault");
	put(&test.listener, MSG_AUTH_CANCEL, &test.id);
	test.id.si_num = 77;
	put(&test.listener, MSG_AUTH_CANCEL, &test.id);
	want_nothing(&test.listener);
}

static void
test_cancelled_failure(void)
{
	struct msg_auth_check	 mac = check(1, 1, 9);
	struct msg_auth_count	 mn;
	uint64_t		 seq;
	int			 i;

	unit_case("a cancelled check that fails counts all the same");
	memset(&mn, 0, sizeof(mn));
	mn.mn_source = mac.mac_source;
	mn.mn_failed = 1;
	for (i = 0; i < FAILURES_FREE; i++)
		put(&authpop.parent, MSG_AUTH_COUNT, &mn);
	usleep(SOON * 1000);
	put_check(&test.listener, 1, 100, 9);
	seq = want_check(&test.checker);
	test.id.si_num = 100;
	put(&test.listener, MSG_AUTH_CANCEL, &test.id);
	want_nothing(&authpop.parent);
	put_checked(&test.checker, seq, AUTH_NO_MATCH);
	put_check(&test.listener, 1, 101, 9);
	want_nothing(&test.checker);
}

static void
test_listener_ends(void)
{
	uint64_t	 seq;

	unit_case("the end of a listener: its checks are forgotten");
	put_check(&test.listener, 1, 210, 50);
	seq = want_check(&test.checker);
	put_check(&test.listener, 1, 211, 51);
	end_close(&test.listener);
	usleep(SOON * 1000);
	put_checked(&test.checker, seq, AUTH_ACCEPTED);
	want_nothing(&test.checker);
	want_nothing(&authpop.parent);
	end_close(&test.checker);
	stop_authpop();
}

/* Expect a question to the cache at the checker.  Return its number. */
static uint64_t
want_asked(struct end *e)
{
	struct got	 got = get(e, 2000);

	CHECK(got.type == MSG_CHECK, "%s", msg_name(got.type));
	CHECK(got.data.check.mk_cached == 1, "not only of the cache");
	return (got.data.check.mk_seq);
}

static void
want_ok(uint64_t num)
{
	struct got	 got = get(&authpop.parent, 2000);

	CHECK(got.type == MSG_AUTH_OK, "%s", msg_name(got.type));
	CHECK(got.data.auth_ok.mo_id.si_num == num, "session");
}

/* A user logs in from a source; guesses from there until it is delayed. */
static void
know(uint64_t num, uint8_t source)
{
	struct msg_auth_check	 mac;
	struct got		 got;
	uint64_t		 i;

	put_check(&test.listener, 1, num, source);
	put_checked(&test.checker, want_check(&test.checker), AUTH_ACCEPTED);
	want_ok(num);
	for (i = num + 1; i <= num + FAILURES_FREE + 1; i++) {
		mac = check(1, i, source);
		snprintf(mac.mac_pass, sizeof(mac.mac_pass), "%llu",
		    (unsigned long long)i);
		put(&test.listener, MSG_AUTH_CHECK, &mac);
		got = get(&test.checker, 2000);
		put_checked(&test.checker, got.data.check.mk_seq,
		    AUTH_NO_MATCH);
		want_bad(1, i, AUTH_NO_MATCH);
	}
}

static void
test_asked(void)
{
	unit_case("a delayed check of a known pair asks the cache, then waits");
	start_authpop();
	peer(&test.listener, ROLE_LISTENER, 1);
	peer(&test.checker, ROLE_CHECKER, 2);
	know(10, 1);
	put_check(&test.listener, 1, 20, 1);
	put_checked(&test.checker, want_asked(&test.checker), AUTH_NO_MATCH);
	want_nothing(&authpop.parent);
	put_checked(&test.checker, want_check(&test.checker), AUTH_ACCEPTED);
	want_ok(20);
}

static void
test_asked_busy(void)
{
	uint64_t	 seq;

	unit_case("a busy checker is asked, too, and lets in");
	know(30, 2);
	put_check(&test.listener, 1, 40, 3);
	seq = want_check(&test.checker);
	put_check(&test.listener, 1, 41, 2);
	put_checked(&test.checker, want_asked(&test.checker), AUTH_ACCEPTED);
	want_ok(41);
	put_checked(&test.checker, seq, AUTH_NO_MATCH);
	want_bad(1, 40, AUTH_NO_MATCH);
}

static void
test_asked_cancelled(void)
{
	uint64_t	 seq;

	unit_case("a check cancelled while the cache is asked goes nowhere");
	know(50, 4);
	put_check(&test.listener, 1, 60, 4);
	seq = want_asked(&test.checker);
	test.id.si_num = 60;
	put(&test.listener, MSG_AUTH_CANCEL, &test.id);
	want_nothing(&authpop.parent);
	put_checked(&test.checker, seq, AUTH_NO_MATCH);
	usleep(5 * FAILURE_DELAY_MS * 1000);
	want_nothing(&test.checker);
	want_nothing(&authpop.parent);
}

static void
test_asked_denied(void)
{
	struct msg_auth_check	 mac;
	uint64_t		 i;

	unit_case("a check cancelled when the cache has denied it has failed");
	know(110, 6);
	for (i = 120; i < 130; i++) {
		mac = check(1, i, 6);
		snprintf(mac.mac_pass, sizeof(mac.mac_pass), "%llu",
		    (unsigned long long)i);
		put(&test.listener, MSG_AUTH_CHECK, &mac);
		put_checked(&test.checker, want_asked(&test.checker),
		    AUTH_NO_MATCH);
		want_nothing(&authpop.parent);
		test.id.si_num = i;
		if (i < 129)
			put(&test.listener, MSG_AUTH_CANCEL, &test.id);
	}
	/* The last one of so many waits for four seconds, not half a one. */
	usleep(2 * FAILURE_DELAY_MS * 1000);
	want_nothing(&test.checker);
	put(&test.listener, MSG_AUTH_CANCEL, &test.id);
}

static void
test_asked_died(void)
{
	unit_case("a check whose cache has died waits for another checker");
	know(170, 5);
	put_check(&test.listener, 1, 180, 5);
	(void)want_asked(&test.checker);
	end_close(&test.checker);
	peer(&test.checker, ROLE_CHECKER, 3);
	put_checked(&test.checker, want_check(&test.checker), AUTH_ACCEPTED);
	want_ok(180);
	end_close(&test.listener);
	end_close(&test.checker);
	stop_authpop();
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_configured();
	test_checked();
	test_busy();
	test_no_place();
	test_bad_listeners();
	test_unasked();
	test_wrong_answer();
	test_dead();
	test_second_answer();
	test_no_checker();
	test_cancelled();
	test_cancel_unknown();
	test_cancelled_failure();
	test_listener_ends();
	test_asked();
	test_asked_busy();
	test_asked_cancelled();
	test_asked_denied();
	test_asked_died();
	return (unit_done());
}
