/*
 * link: authpop/serve.o authpop/lookup.o
 * link: authpop/queue.o authpop/records.o authpop/crowd.o authpop/ranks.o
 * link: authpop/origin.o authpop/pairs.o authpop/penalty.o authpop/keyhash.o
 * link: lib/table.o $(LOOP_OBJS)
 * link: lib/nets.o
 * link: lib/hmac.o lib/base64.o authpop/seal.o authpop/peer.o authpop/ask.o
 * link: authpop/digest.o authpop/ticket.o lib/secret.o $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The queue process of authpop against peers that do not keep to the rules.
 * The real one runs in a child; this process is its parent, its listeners
 * and its checkers at once.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "authpop/authpop.h"
#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "unit.h"

#define SOON		150	/* ms in which nothing should come */
#define CANARY		"Canary-7f3a9c-Password"

/* Larger maps are a sanitizer's own. */
#define MAP_SIZE_MAX	(1UL << 30)

/* One end of a channel. */
struct end {
	struct imsgbuf	 buf;
	int		 fd;
};

/* What came: MSG_MAX is the end of the channel, 0 nothing. */
struct got {
	uint32_t		 type;
	union msg_payload	 data;
};

static struct end	 parent;
static pid_t		 child;
static char		 logged[10000];
static char		 epoch[STAMP_EPOCH + 1];

static void
end_open(struct end *e, int fd)
{
	e->fd = fd;
	if (imsgbuf_init(&e->buf, fd) == -1)
		exit(1);
	imsgbuf_allow_fdpass(&e->buf);
}

static void
end_close(struct end *e)
{
	imsgbuf_clear(&e->buf);
	close(e->fd);
}

static void
put_size(struct end *e, uint32_t type, const void *data, size_t len, int fd)
{
	if (imsg_compose(&e->buf, type, 0, 0, fd, data, len) == -1 ||
	    imsgbuf_flush(&e->buf) == -1)
		CHECK(0, "cannot send %s: %s", msg_name(type),
		    strerror(errno));
}

static void
put(struct end *e, uint32_t type, const void *data)
{
	put_size(e, type, data, msg_size(type), -1);
}

/* The next message but those of the log, which are collected. */
static struct got
get(struct end *e, int ms)
{
	struct got	 got = { .type = MSG_MAX };
	struct imsg	 imsg;
	struct pollfd	 pfd = { .fd = e->fd, .events = POLLIN };
	int		 n;

	for (;;) {
		while ((n = imsgbuf_get(&e->buf, &imsg)) == 0) {
			if (poll(&pfd, 1, ms) == 0) {
				got.type = 0;
				return got;
			}
			if (imsgbuf_read(&e->buf) != 1)
				return got;
		}
		if (n == -1 || msg_check(&imsg, &got.data) != NULL) {
			CHECK(0, "a malformed message");
			return got;
		}
		got.type = imsg_get_type(&imsg);
		imsg_free(&imsg);
		if (got.type != MSG_LOG)
			return got;
		(void)strlcat(logged, got.data.log.ml_text, sizeof(logged));
		(void)strlcat(logged, "\n", sizeof(logged));
	}
}

static void
start(void)
{
	int	 fds[2];

	fflush(stdout);
	logged[0] = '\0';
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    fcntl(fds[1], F_SETFL, O_NONBLOCK) == -1 ||
	    (child = fork()) == -1)
		exit(1);
	if (child == 0) {
		if (fds[1] != 3)
			dup2(fds[1], 3);
		closefrom(4);
		serve_start();
		proc_run();
	}
	close(fds[1]);
	end_open(&parent, fds[0]);
}

/* It ends when we do, and in no other way. */
static void
stop(void)
{
	int	 status;

	end_close(&parent);
	if (waitpid(child, &status, 0) == -1)
		status = -1;
	CHECK(status == 0, "status %d", status);
}

/* The first that a listener is told; it stays until the next listener. */
static void
want_epoch(struct end *e)
{
	struct got	 got = get(e, 2000);

	CHECK(got.type == MSG_AUTH_EPOCH, "%s", msg_name(got.type));
	CHECK(strlen(got.data.auth_epoch.ec_text) == STAMP_EPOCH, "%s",
	    got.data.auth_epoch.ec_text);
	(void)strlcpy(epoch, got.data.auth_epoch.ec_text, sizeof(epoch));
}

static void
peer(struct end *e, enum role role, uint64_t gen)
{
	struct msg_peer	 mp;
	int		 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    fcntl(fds[1], F_SETFL, O_NONBLOCK) == -1)
		exit(1);
	memset(&mp, 0, sizeof(mp));
	mp.mp_role = role;
	mp.mp_gen = gen;
	put_size(&parent, MSG_PEER, &mp, sizeof(mp), fds[1]);
	end_open(e, fds[0]);
	if (role == ROLE_LISTENER)
		want_epoch(e);
}

static struct msg_auth_check
check(uint64_t gen, uint64_t num, uint8_t source)
{
	struct msg_auth_check	 mac;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = gen;
	mac.mac_id.si_num = num;
	mac.mac_source.so_version = 4;
	mac.mac_source.so_addr[0] = source;
	(void)strlcpy(mac.mac_user, "Joe@Example.ORG", sizeof(mac.mac_user));
	(void)strlcpy(mac.mac_pass, CANARY, sizeof(mac.mac_pass));
	return mac;
}

static void
put_check(struct end *e, uint64_t gen, uint64_t num, uint8_t source)
{
	struct msg_auth_check	 mac = check(gen, num, source);

	put(e, MSG_AUTH_CHECK, &mac);
}

static void
put_checked(struct end *e, uint64_t seq, enum auth_result result)
{
	struct msg_checked	 md;

	memset(&md, 0, sizeof(md));
	md.mh_seq = seq;
	md.mh_result = result;
	(void)strlcpy(md.mh_text, "ticket", sizeof(md.mh_text));
	put(e, MSG_CHECKED, &md);
}

/* The parent gets this answer for the session next, and only that. */
static void
want_bad(uint64_t gen, uint64_t num, enum auth_result result)
{
	struct got	 got = get(&parent, 2000);

	CHECK(got.type == MSG_AUTH_BAD, "%s", msg_name(got.type));
	CHECK(got.data.auth_bad.mab_id.si_gen == gen &&
	    got.data.auth_bad.mab_id.si_num == num, "of session %llu.%llu",
	    (unsigned long long)got.data.auth_bad.mab_id.si_gen,
	    (unsigned long long)got.data.auth_bad.mab_id.si_num);
	CHECK(got.data.auth_bad.mab_result == result, "%u",
	    got.data.auth_bad.mab_result);
	CHECK(strcmp(got.data.auth_bad.mab_user, "joe@example.org") == 0,
	    "%s", got.data.auth_bad.mab_user);
}

static void
want_nothing(struct end *e)
{
	struct got	 got = get(e, SOON);

	CHECK(got.type == 0, "%s", got.type == MSG_MAX ? "the end" :
	    msg_name(got.type));
}

/* The checker is given a check next; its number. */
static uint64_t
want_check(struct end *e)
{
	struct got	 got = get(e, 2000);

	CHECK(got.type == MSG_CHECK, "%s", msg_name(got.type));
	CHECK(strcmp(got.data.check.mk_user, "joe@example.org") == 0, "%s",
	    got.data.check.mk_user);
	CHECK(strcmp(got.data.check.mk_pass, CANARY) == 0, "password");
	return got.data.check.mk_seq;
}

static void
test_good(void)
{
	struct end	 l, c;
	struct msg_conf	 mc;
	struct got	 got;
	uint64_t	 seq;

	unit_case("configuration is agreed to and committed");
	start();
	memset(&mc, 0, sizeof(mc));
	put(&parent, MSG_CONF_TRY, &mc);
	put(&parent, MSG_CONF_CHECK, NULL);
	got = get(&parent, 2000);
	CHECK(got.type == MSG_CONF_OK, "%s", msg_name(got.type));
	put(&parent, MSG_CONF_COMMIT, NULL);

	unit_case("a check goes to a checker and its answer to the parent");
	peer(&l, ROLE_LISTENER, 3);
	peer(&c, ROLE_CHECKER, 4);
	put_check(&l, 3, 1, 10);
	seq = want_check(&c);
	want_nothing(&parent);
	put_checked(&c, seq, AUTH_ACCEPTED);
	got = get(&parent, 2000);
	CHECK(got.type == MSG_AUTH_OK, "%s", msg_name(got.type));
	CHECK(got.data.auth_ok.mo_id.si_gen == 3 &&
	    got.data.auth_ok.mo_id.si_num == 1, "session");
	CHECK(strcmp(got.data.auth_ok.mo_user, "joe@example.org") == 0, "%s",
	    got.data.auth_ok.mo_user);
	put_check(&l, 3, 5, 10);
	put_checked(&c, want_check(&c), AUTH_NO_USER);
	want_bad(3, 5, AUTH_NO_USER);
	want_nothing(&l);

	unit_case("a checker has one check at a time, the others wait");
	put_check(&l, 3, 6, 10);
	put_check(&l, 3, 7, 11);
	seq = want_check(&c);
	want_nothing(&c);
	put_checked(&c, seq, AUTH_NO_MATCH);
	want_bad(3, 6, AUTH_NO_MATCH);
	put_checked(&c, want_check(&c), AUTH_TEMP);
	want_bad(3, 7, AUTH_TEMP);

	unit_case("what finds no place is answered at once");
	for (seq = 10; seq <= 10 + CHECKS_WAITING + 1; seq++)
		put_check(&l, 3, seq, 20);
	want_bad(3, 10 + CHECKS_WAITING + 1, AUTH_TEMP);
	CHECK(logged[0] == '\0', "%s", logged);
	end_close(&l);
	end_close(&c);
	stop();
}

/* A listener that does this is ended by name, and nobody else. */
static void
bad_listener(const char *name, void (*act)(struct end *))
{
	struct end	 bad, good, c;
	struct got	 got;
	uint64_t	 seq;

	unit_case(name);
	start();
	peer(&bad, ROLE_LISTENER, 3);
	peer(&good, ROLE_LISTENER, 5);
	put_check(&bad, 3, 1, 1);
	put_check(&good, 5, 1, 2);
	act(&bad);
	got = get(&bad, 2000);
	CHECK(got.type == MSG_MAX, "it goes on: %s", msg_name(got.type));
	peer(&c, ROLE_CHECKER, 7);
	seq = want_check(&c);
	put_checked(&c, seq, AUTH_NO_MATCH);
	want_bad(5, 1, AUTH_NO_MATCH);
	want_nothing(&c);
	put_check(&good, 5, 2, 2);
	put_checked(&c, want_check(&c), AUTH_NO_USER);
	want_bad(5, 2, AUTH_NO_USER);
	CHECK(strstr(logged, "lsnrpop 3 ended: ") != NULL, "%s", logged);
	CHECK(strstr(logged, CANARY) == NULL, "password in the log");
	end_close(&bad);
	end_close(&good);
	end_close(&c);
	stop();
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
	bad_listener("a message that is none", act_unknown);
	bad_listener("a short message", act_short);
	bad_listener("a long message", act_long);
	bad_listener("a name without an end", act_unterminated);
	bad_listener("a descriptor where none belongs", act_descriptor);
	bad_listener("garbage", act_garbage);
}

/* Each ends the checker it comes from; what it worked on is answered. */
static void
test_bad_checkers(void)
{
	struct end	 l, c[4], d;
	struct got	 got;
	uint64_t	 seq;
	int		 i;

	unit_case("a checker that answers to nothing is ended");
	start();
	peer(&l, ROLE_LISTENER, 1);
	peer(&d, ROLE_CHECKER, 2);
	put_checked(&d, 1, AUTH_ACCEPTED);
	got = get(&d, 2000);
	CHECK(got.type == MSG_MAX, "it goes on");
	end_close(&d);
	want_nothing(&parent);
	CHECK(strstr(logged, "authpop -c 2 ended: ") != NULL, "%s", logged);

	unit_case("a checker that answers wrongly or dies: [SYS/TEMP], once");
	for (i = 0; i < 4; i++) {
		peer(&c[i], ROLE_CHECKER, 10 + (uint64_t)i);
		put_check(&l, 1, 10 + (uint64_t)i, 1);
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
		want_bad(1, 10 + (uint64_t)i, AUTH_TEMP);
		if (i != 3) {
			got = get(&c[i], 2000);
			CHECK(got.type == MSG_MAX, "%d goes on", i);
			end_close(&c[i]);
		}
	}

	unit_case("an answer a second time is an answer to nothing");
	peer(&d, ROLE_CHECKER, 20);
	put_check(&l, 1, 20, 1);
	seq = want_check(&d);
	put_checked(&d, seq, AUTH_ACCEPTED);
	put_checked(&d, seq, AUTH_ACCEPTED);
	got = get(&parent, 2000);
	CHECK(got.type == MSG_AUTH_OK, "%s", msg_name(got.type));
	want_nothing(&parent);
	got = get(&d, 2000);
	CHECK(got.type == MSG_MAX, "it goes on");
	end_close(&d);

	unit_case("without a checker checks wait for the next");
	put_check(&l, 1, 30, 1);
	want_nothing(&parent);
	peer(&d, ROLE_CHECKER, 21);
	put_checked(&d, want_check(&d), AUTH_NO_USER);
	want_bad(1, 30, AUTH_NO_USER);
	end_close(&d);
	end_close(&l);
	stop();
}

static void
test_cancel(void)
{
	struct msg_auth_check	 mac = check(1, 1, 9);
	struct msg_auth_count	 mn;
	struct session_id	 id = { 1, 2 };
	struct end		 l, c;
	uint64_t		 seq;
	int			 i;

	unit_case("cancelled checks are not answered, waiting or running");
	start();
	peer(&l, ROLE_LISTENER, 1);
	peer(&c, ROLE_CHECKER, 2);
	put_check(&l, 1, 1, 1);
	put_check(&l, 1, 2, 1);
	put_check(&l, 1, 3, 1);
	seq = want_check(&c);
	put(&l, MSG_AUTH_CANCEL, &id);
	id.si_num = 1;
	put(&l, MSG_AUTH_CANCEL, &id);
	want_nothing(&parent);
	put_checked(&c, seq, AUTH_ACCEPTED);
	put_checked(&c, want_check(&c), AUTH_NO_USER);
	want_bad(1, 3, AUTH_NO_USER);
	want_nothing(&c);

	unit_case("to cancel what is not there is no fault");
	put(&l, MSG_AUTH_CANCEL, &id);
	id.si_num = 77;
	put(&l, MSG_AUTH_CANCEL, &id);
	want_nothing(&l);

	unit_case("a cancelled check that fails counts all the same");
	memset(&mn, 0, sizeof(mn));
	mn.mn_source = mac.mac_source;
	mn.mn_failed = 1;
	for (i = 0; i < FAILURES_FREE; i++)
		put(&parent, MSG_AUTH_COUNT, &mn);
	usleep(SOON * 1000);
	put_check(&l, 1, 100, 9);
	seq = want_check(&c);
	id.si_num = 100;
	put(&l, MSG_AUTH_CANCEL, &id);
	want_nothing(&parent);
	put_checked(&c, seq, AUTH_NO_MATCH);
	put_check(&l, 1, 101, 9);
	want_nothing(&c);

	unit_case("the end of a listener: its checks are forgotten");
	put_check(&l, 1, 210, 50);
	seq = want_check(&c);
	put_check(&l, 1, 211, 51);
	end_close(&l);
	usleep(SOON * 1000);
	put_checked(&c, seq, AUTH_ACCEPTED);
	want_nothing(&c);
	want_nothing(&parent);
	end_close(&c);
	stop();
}

/* APOP: a digest, which the checker judges, for this challenge. */
static void
put_digest(struct end *e, uint64_t gen, uint64_t num, const char *of,
    const char *number)
{
	struct msg_auth_check	 mac = check(gen, num, 30);

	mac.mac_method = AUTH_APOP;
	(void)snprintf(mac.mac_pass, sizeof(mac.mac_pass),
	    "c4c9334bac560ecc979e58001b3e22fb<%s.%s.0123456789abcdef@popd>",
	    of, number);
	put(e, MSG_AUTH_CHECK, &mac);
}

/* The same by a proxy, whose challenge ends so. */
static void
put_salt(struct end *e, uint64_t num, const char *salt)
{
	struct msg_auth_check	 mac = check(2, num, 31);

	mac.mac_method = AUTH_APOP;
	mac.mac_purpose = PURPOSE_ROUTE;
	(void)snprintf(mac.mac_pass, sizeof(mac.mac_pass),
	    "c4c9334bac560ecc979e58001b3e22fb<1896.%s", salt);
	put(e, MSG_AUTH_CHECK, &mac);
}

/* A right one goes to a checker, and this is what comes of it. */
static void
want_digest(struct end *c, uint32_t type)
{
	struct got	 got = get(c, 2000);

	CHECK(got.type == MSG_CHECK && got.data.check.mk_method == AUTH_APOP,
	    "%s", msg_name(got.type));
	CHECK(strncmp(got.data.check.mk_pass,
	    "c4c9334bac560ecc979e58001b3e22fb<", 33) == 0, "half");
	put_checked(c, got.data.check.mk_seq, AUTH_ACCEPTED);
	got = get(&parent, 2000);
	CHECK(got.type == type, "%s", msg_name(got.type));
	if (type == MSG_AUTH_BAD)
		CHECK(got.data.auth_bad.mab_result == AUTH_TEMP, "%u",
		    got.data.auth_bad.mab_result);
	else
		CHECK(got.data.auth_ok.mo_method == AUTH_APOP, "method");
}

static void
test_digest(void)
{
	struct end	 one, two, c;
	struct got	 got;
	time_t		 now = time(NULL);
	char		 other[sizeof(epoch)], salt[64];

	unit_case("a right digest is good for one login");
	start();
	peer(&one, ROLE_LISTENER, 1);
	(void)strlcpy(other, epoch, sizeof(other));
	peer(&two, ROLE_LISTENER, 2);
	peer(&c, ROLE_CHECKER, 3);
	CHECK(strcmp(epoch, other) != 0, "%s", epoch);
	put_digest(&two, 2, 1, epoch, "7");
	want_digest(&c, MSG_AUTH_OK);
	put_digest(&two, 2, 2, epoch, "7");
	want_digest(&c, MSG_AUTH_BAD);
	put_digest(&two, 2, 3, epoch, "07");
	want_digest(&c, MSG_AUTH_BAD);
	put_digest(&two, 2, 4, epoch, "6");
	want_digest(&c, MSG_AUTH_OK);

	unit_case("a wrong one may be followed by a right one");
	put_digest(&two, 2, 5, epoch, "9");
	put_checked(&c, get(&c, 2000).data.check.mk_seq, AUTH_NO_MATCH);
	want_bad(2, 5, AUTH_NO_MATCH);
	put_digest(&two, 2, 6, epoch, "9");
	want_digest(&c, MSG_AUTH_OK);

	unit_case("one for no challenge of its listener is not looked at");
	put_digest(&two, 2, 10, other, "10");
	want_bad(2, 10, AUTH_TEMP);
	put_digest(&two, 2, 11, "", "11");
	want_bad(2, 11, AUTH_TEMP);
	put_digest(&two, 2, 12, epoch, "0");
	want_bad(2, 12, AUTH_TEMP);
	put_digest(&two, 2, 13, epoch, "x");
	want_bad(2, 13, AUTH_TEMP);
	want_nothing(&c);

	unit_case("a proxy's challenge is of now, and gets a ticket");
	(void)snprintf(salt, sizeof(salt), "%lld@mail>", (long long)now);
	put_salt(&two, 20, salt);
	want_digest(&c, MSG_AUTH_OK);
	got = get(&two, 2000);
	CHECK(got.type == MSG_AUTH_CHALLENGE &&
	    strcmp(got.data.auth_challenge.mch_text, "ticket") == 0, "%s",
	    msg_name(got.type));
	(void)snprintf(salt, sizeof(salt), "%lld@popd>", (long long)now);
	put_salt(&two, 21, salt);
	want_bad(2, 21, AUTH_TEMP);
	(void)snprintf(salt, sizeof(salt), "%lld@mail>",
	    (long long)now - TICKET_SALT_SECONDS - 60);
	put_salt(&two, 22, salt);
	want_bad(2, 22, AUTH_TEMP);
	put_salt(&two, 23, "");
	want_bad(2, 23, AUTH_TEMP);
	want_nothing(&two);
	end_close(&one);
	end_close(&two);
	end_close(&c);
	stop();
}

static void
test_delay(void)
{
	struct msg_auth_check	 mac = check(1, 1, 1);
	struct msg_auth_count	 mn;
	struct end		 l, c;
	struct got		 got;
	int			 i;

	unit_case("failures that the parent counts delay that source only");
	start();
	peer(&l, ROLE_LISTENER, 1);
	peer(&c, ROLE_CHECKER, 2);
	memset(&mn, 0, sizeof(mn));
	mn.mn_source = mac.mac_source;
	mn.mn_failed = 1;
	(void)strlcpy(mn.mn_user, "joe@example.org", sizeof(mn.mn_user));
	for (i = 0; i < FAILURES_FREE + 1; i++)
		put(&parent, MSG_AUTH_COUNT, &mn);
	usleep(SOON * 1000);
	put_check(&l, 1, 1, 1);
	got = get(&c, FAILURE_DELAY_MS - 100);
	CHECK(got.type == 0, "no delay");
	put_check(&l, 1, 2, 2);
	put_checked(&c, want_check(&c), AUTH_NO_USER);
	want_bad(1, 2, AUTH_NO_USER);
	put_checked(&c, want_check(&c), AUTH_NO_MATCH);
	want_bad(1, 1, AUTH_NO_MATCH);
	end_close(&l);
	end_close(&c);
	stop();
}

/* How often a text is in the writable memory of a process; -1: unknown. */
static int
scan(pid_t pid, const char *text)
{
	static char	 buf[1 << 20];
	char		 name[64], line[512], mode[8];
	unsigned long	 from, to, last = 0;
	ssize_t		 n;
	char		*p;
	FILE		*maps;
	int		 fd, found = 0;

	(void)snprintf(name, sizeof(name), "/proc/%d/mem", (int)pid);
	if ((fd = open(name, O_RDONLY)) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	if ((maps = fopen(name, "r")) == NULL) {
		close(fd);
		return -1;
	}
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 ||
		    mode[1] != 'w' || to - from > MAP_SIZE_MAX)
			continue;
		/* It may lie across two maps: a heap grown after a fork is. */
		if (from == last)
			from -= strlen(text) - 1;
		last = to;
		for (; from < to; from += (unsigned long)n) {
			n = (ssize_t)(to - from < sizeof(buf) ? to - from :
			    sizeof(buf));
			if ((n = pread(fd, buf, (size_t)n, (off_t)from)) <= 0)
				break;
			p = buf;
			while ((p = memmem(p, (size_t)(buf + n - p), text,
			    strlen(text))) != NULL) {
				found++;
				p++;
			}
			/* It may lie across two parts. */
			if ((size_t)n == sizeof(buf))
				n -= (ssize_t)strlen(text) - 1;
		}
	}
	fclose(maps);
	close(fd);
	return found;
}

#ifndef __SANITIZE_ADDRESS__
static void
test_wiped(void)
{
	struct session_id	 id = { 1, 0 };
	struct end		 l, c;
	char			 secret[64];
	struct msg_auth_check	 mac;
	uint64_t		 num;
	int			 found;

	unit_case("no password stays in memory");
	start();
	peer(&l, ROLE_LISTENER, 1);
	/* A text that this child has not inherited. */
	(void)snprintf(secret, sizeof(secret), "%d%s", (int)getpid(), CANARY);
	memmove(secret, "Pass", 4);
	for (num = 1; num <= 60; num++) {
		mac = check(1, num, (uint8_t)num);
		(void)strlcpy(mac.mac_pass, secret, sizeof(mac.mac_pass));
		put(&l, MSG_AUTH_CHECK, &mac);
	}
	want_nothing(&parent);
	if ((found = scan(child, secret)) == -1) {
		unit_skip("no /proc/pid/mem on this system");
		stop();
		return;
	}
	CHECK(found == 60, "%d while they wait: the test sees nothing", found);
	peer(&c, ROLE_CHECKER, 2);
	for (num = 1; num <= 20; num++)
		put_checked(&c, get(&c, 2000).data.check.mk_seq, AUTH_NO_USER);
	for (num = 22; num <= 40; num++) {
		id.si_num = num;
		put(&l, MSG_AUTH_CANCEL, &id);
	}
	end_close(&l);
	usleep(SOON * 1000);
	found = scan(child, secret);
	CHECK(found == 0, "found %d times", found);
	end_close(&c);
	stop();
}
#endif

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_good();
	test_bad_listeners();
	test_bad_checkers();
	test_cancel();
	test_digest();
	test_delay();
	/* A sanitizer maps terabytes, which nobody can look through. */
#ifndef __SANITIZE_ADDRESS__
	test_wiped();
#endif
	return unit_done();
}
