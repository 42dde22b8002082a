/*
 * link: authpop/serve.o authpop/lookup.o
 * link: authpop/queue.o authpop/records.o authpop/crowd.o authpop/ranks.o
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
 * The queue process of authpop: digests and their challenges, delays, and what
 * stays in memory.
 */

#include "authchecks.h"

/* Larger maps are a sanitizer's own. */
#define MAP_SIZE_MAX	(1UL << 30)

/* APOP: a digest, which the checker judges, for this challenge. */
static void
put_digest(struct end *e, uint64_t gen, uint64_t num, const char *of,
    const char *number)
{
	struct msg_auth_check	 mac = check(gen, num, 30);

	mac.mac_method = AUTH_APOP;
	snprintf(mac.mac_pass, sizeof(mac.mac_pass),
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
	snprintf(mac.mac_pass, sizeof(mac.mac_pass),
	    "c4c9334bac560ecc979e58001b3e22fb<1896.%s", salt);
	put(e, MSG_AUTH_CHECK, &mac);
}

/* Expect a valid digest to reach a checker, with this result. */
static void
want_digest(struct end *c, uint32_t type)
{
	struct got	 got = get(c, 2000);

	CHECK(got.type == MSG_CHECK && got.data.check.mk_method == AUTH_APOP,
	    "%s", msg_name(got.type));
	CHECK(strncmp(got.data.check.mk_pass,
	    "c4c9334bac560ecc979e58001b3e22fb<", 33) == 0, "half");
	put_checked(c, got.data.check.mk_seq, AUTH_ACCEPTED);
	got = get(&authpop.parent, 2000);
	CHECK(got.type == type, "%s", msg_name(got.type));
	if (type == MSG_AUTH_BAD)
		CHECK(got.data.auth_bad.mab_result == AUTH_TEMP, "%u",
		    got.data.auth_bad.mab_result);
	else
		CHECK(got.data.auth_ok.mo_method == AUTH_APOP, "method");
}

/* Two listeners, a checker, and the challenge of the first listener. */
static struct {
	struct end	 one;
	struct end	 two;
	struct end	 checker;
	char		 other[sizeof(epoch)];
} digest;

static void
test_digest_right(void)
{
	unit_case("a right digest is good for one login");
	start_authpop();
	peer(&digest.one, ROLE_LISTENER, 1);
	strlcpy(digest.other, epoch, sizeof(digest.other));
	peer(&digest.two, ROLE_LISTENER, 2);
	peer(&digest.checker, ROLE_CHECKER, 3);
	CHECK(strcmp(epoch, digest.other) != 0, "%s", epoch);
	put_digest(&digest.two, 2, 1, epoch, "7");
	want_digest(&digest.checker, MSG_AUTH_OK);
	put_digest(&digest.two, 2, 2, epoch, "7");
	want_digest(&digest.checker, MSG_AUTH_BAD);
	put_digest(&digest.two, 2, 3, epoch, "07");
	want_digest(&digest.checker, MSG_AUTH_BAD);
	put_digest(&digest.two, 2, 4, epoch, "6");
	want_digest(&digest.checker, MSG_AUTH_OK);
}

static void
test_digest_wrong(void)
{
	unit_case("a wrong one may be followed by a right one");
	put_digest(&digest.two, 2, 5, epoch, "9");
	put_checked(&digest.checker, get(&digest.checker,
	    2000).data.check.mk_seq, AUTH_NO_MATCH);
	want_bad(2, 5, AUTH_NO_MATCH);
	put_digest(&digest.two, 2, 6, epoch, "9");
	want_digest(&digest.checker, MSG_AUTH_OK);
}

static void
test_digest_unknown(void)
{
	unit_case("one for no challenge of its listener is not looked at");
	put_digest(&digest.two, 2, 10, digest.other, "10");
	want_bad(2, 10, AUTH_TEMP);
	put_digest(&digest.two, 2, 11, "", "11");
	want_bad(2, 11, AUTH_TEMP);
	put_digest(&digest.two, 2, 12, epoch, "0");
	want_bad(2, 12, AUTH_TEMP);
	put_digest(&digest.two, 2, 13, epoch, "x");
	want_bad(2, 13, AUTH_TEMP);
	want_nothing(&digest.checker);
}

static void
test_digest_proxy(void)
{
	struct got	 got;
	time_t		 now = time(NULL);
	char		 salt[64];

	unit_case("a proxy's challenge is the checker's affair");
	snprintf(salt, sizeof(salt), "%lld@mail>", (long long)now);
	put_salt(&digest.two, 20, salt);
	want_digest(&digest.checker, MSG_AUTH_OK);
	got = get(&digest.two, 2000);
	CHECK(got.type == MSG_AUTH_TICKET &&
	    strcmp(got.data.auth_ticket.ati_text, "ticket") == 0, "%s",
	    msg_name(got.type));
	want_nothing(&digest.two);
	end_close(&digest.one);
	end_close(&digest.two);
	end_close(&digest.checker);
	stop_authpop();
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
	start_authpop();
	peer(&l, ROLE_LISTENER, 1);
	peer(&c, ROLE_CHECKER, 2);
	memset(&mn, 0, sizeof(mn));
	mn.mn_source = mac.mac_source;
	mn.mn_failed = 1;
	strlcpy(mn.mn_user, "joe@example.org", sizeof(mn.mn_user));
	for (i = 0; i < FAILURES_FREE + 1; i++)
		put(&authpop.parent, MSG_AUTH_COUNT, &mn);
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
	stop_authpop();
}

/* Count a text in a process's writable memory.  Return -1 if not readable. */
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

	snprintf(name, sizeof(name), "/proc/%d/mem", (int)pid);
	if ((fd = open(name, O_RDONLY)) == -1)
		return (-1);
	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	if ((maps = fopen(name, "r")) == NULL) {
		close(fd);
		return (-1);
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
	return (found);
}

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
#ifdef __SANITIZE_ADDRESS__
	unit_skip("a sanitizer maps terabytes, too much to look through");
	return;
#endif
	start_authpop();
	peer(&l, ROLE_LISTENER, 1);
	/* A text that this child has not inherited. */
	snprintf(secret, sizeof(secret), "%d%s", (int)getpid(), CANARY);
	memmove(secret, "Pass", 4);
	for (num = 1; num <= 60; num++) {
		mac = check(1, num, (uint8_t)num);
		strlcpy(mac.mac_pass, secret, sizeof(mac.mac_pass));
		put(&l, MSG_AUTH_CHECK, &mac);
	}
	want_nothing(&authpop.parent);
	if ((found = scan(authpop.child, secret)) == -1) {
		unit_skip("no /proc/pid/mem on this system");
		stop_authpop();
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
	found = scan(authpop.child, secret);
	CHECK(found == 0, "found %d times", found);
	end_close(&c);
	stop_authpop();
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_digest_right();
	test_digest_wrong();
	test_digest_unknown();
	test_digest_proxy();
	test_delay();
	test_wiped();
	return (unit_done());
}
