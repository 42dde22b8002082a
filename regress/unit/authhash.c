/*
 * link: hashpop/hashes.o hashpop/hashkind.o hashpop/cache.o lib/table.o
 * link: lib/hmac.o lib/secret.o
 * link: hashpop/ticket.o
 * link: lib/table_read.o lib/log.o lib/count.o lib/setting.o $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Passwords checked against an authtab: who can log in, who cannot, and that
 * response times do not tell the latter apart.
 */

#include <sys/types.h>

#include <fcntl.h>
#include <md5.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hashpop/cache.h"
#include "hashpop/hashes.h"
#include "hashpop/hashkind.h"
#include "count.h"
#include "log.h"
#include "unit.h"

#define SALT	"abcdefghijklmnopqrstuu"

static char		 why[1000];
static char		 logged[100000];

static void
sink(int level, const char *text)
{
	strlcat(logged, text, sizeof(logged));
	strlcat(logged, "\n", sizeof(logged));
}

/* Read a table that printf(3) makes. */
static struct hashes *
table(int warn, const char *fmt, ...)
{
	struct hashes_reader	*hr;
	enum table_state	 state;
	va_list			 ap;
	FILE			*f = fopen("authtab", "w");
	int			 fd;

	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fclose(f);
	logged[0] = why[0] = '\0';
	fd = open("authtab", O_RDONLY);
	hr = hashes_open(fd, "/etc/authtab", NULL, warn);
	while ((state = hashes_step(hr, why, sizeof(why))) == TABLE_MORE)
		continue;
	close(fd);
	if (state == TABLE_DONE)
		return (hashes_take(hr));
	hashes_cancel(hr);
	return (NULL);
}

static const char *
hash(const char *pass, const char *setting)
{
	static char	 buf[4][200];
	static int	 n;
	const char	*h = crypt(pass, setting);

	n = (n + 1) % 4;
	strlcpy(buf[n], h == NULL ? "*" : h, sizeof(buf[n]));
	return (buf[n]);
}

/* A check without the cache. */
static enum auth_result
match(struct hashes *ha, const char *user, const char *pass)
{
	return (hashes_check(ha, user, pass, NULL));
}

/* What the cases of one scenario share. */
static struct {
	struct hashes	*ha;
} test;

static void
test_accepted(void)
{
	const char	*h = hash("secret", "$2b$04$" SALT);
	const char	*g = hash("other", "$2b$04$" SALT);
	const char	*e = hash("", "$2b$04$" SALT);

	test.ha = table(1, "# a comment\n\njoe %s\nAnn@Example.org\t %s \r\n"
	    "bob bob:%s\ntwice %s\ntwice %s\nnone %s\n", h, h, h, g, h, e);
	unit_case("a right password is accepted, for any way to write a name");
	CHECK(test.ha != NULL, "%s", why);
	CHECK(match(test.ha, "joe", "secret") == AUTH_ACCEPTED, "joe");
	CHECK(match(test.ha, "JOE", "secret") == AUTH_ACCEPTED, "JOE");
	CHECK(match(test.ha, "ann@example.org", "secret") == AUTH_ACCEPTED,
	    "ann");
	CHECK(match(test.ha, "bob", "secret") == AUTH_ACCEPTED, "user:hash");
	CHECK(match(test.ha, "twice", "secret") == AUTH_ACCEPTED, "last");
	CHECK(strstr(logged, "\"twice\" is also on") != NULL, "%s", logged);
}

static void
test_rejected(void)
{
	const char	*h = hash("secret", "$2b$04$" SALT);

	unit_case("wrong passwords and unknown users are not");
	CHECK(match(test.ha, "joe", "Secret") == AUTH_NO_MATCH, "case");
	CHECK(match(test.ha, "joe", "secret ") == AUTH_NO_MATCH, "longer");
	CHECK(match(test.ha, "joe", "secre") == AUTH_NO_MATCH, "shorter");
	CHECK(match(test.ha, "joe", "") == AUTH_NO_MATCH, "empty");
	CHECK(match(test.ha, "joe", h) == AUTH_NO_MATCH, "the hash itself");
	CHECK(match(test.ha, "twice", "other") == AUTH_NO_MATCH, "first");
	CHECK(match(test.ha, "joe ", "secret") == AUTH_NO_USER, "blank");
	CHECK(match(test.ha, "", "secret") == AUTH_NO_USER, "empty name");
	CHECK(match(test.ha, "jo", "secret") == AUTH_NO_USER, "jo");
	CHECK(match(test.ha, "# a", "comment") == AUTH_NO_USER, "#");
	CHECK(match(test.ha, "nobody", "") == AUTH_NO_USER, "empty");
	CHECK(match(test.ha, "none", "") == AUTH_NO_MATCH,
	    "an empty password, and its own hash");
	hashes_free(test.ha);
}

static void
test_no_table(void)
{
	unit_case("without a table, or with an empty one, no user gets in");
	CHECK(match(NULL, "joe", "secret") == AUTH_NO_USER, "none");
	test.ha = table(1, "# nobody\n");
	CHECK(test.ha != NULL, "%s", why);
	CHECK(match(test.ha, "joe", "secret") == AUTH_NO_USER, "empty");
	CHECK(match(test.ha, "joe", "") == AUTH_NO_USER, "empty");
	hashes_free(test.ha);
}

static void
test_no_match(void)
{
	static const struct {
		const char	*name;
		enum auth_result result;
	} users[] = {
		{ "empty", AUTH_NO_HASH }, { "text", AUTH_NO_HASH },
		{ "kind", AUTH_NO_HASH }, { "cut", AUTH_NO_HASH },
		{ "long", AUTH_NO_HASH }, { "cost", AUTH_NO_HASH },
		{ "salt", AUTH_NO_HASH }, { "star", AUTH_LOCKED },
		{ "lock", AUTH_LOCKED }, { "dollar", AUTH_NO_HASH },
		{ "id", AUTH_NO_HASH }, { "failed", AUTH_LOCKED },
		{ "bang", AUTH_LOCKED }, { "stars", AUTH_LOCKED },
		{ "inner", AUTH_LOCKED },
		{ NULL, AUTH_TEMP }
	};
	enum auth_result	 result;
	struct hashes		*ha;
	const char		*h = hash("secret", "$2b$04$" SALT);
	size_t			 i;

	unit_case("a hash that cannot match never does, and is logged");
	ha = table(1, "empty empty:\ntext secret\nkind $zz$abc$def\n"
	    "cut %.59s\nlong %s.\ncost $2b$32$%s\nsalt $2b$04$%s\n"
	    "star *\nlock !%s\ndollar $\nid $2b\nfailed *0\njoe %s\n"
	    "bang !bang:%s\nstars * stars:%s\ninner inner:!%s\n",
	    h, h, h + 7, SALT, h, h, h, h, h);
	CHECK(ha != NULL, "%s", why);
	for (i = 0; users[i].name != NULL; i++) {
		result = users[i].result;
		CHECK(match(ha, users[i].name, "secret") == result,
		    "%s", users[i].name);
		CHECK(match(ha, users[i].name, "") == result,
		    "%s, empty", users[i].name);
		CHECK(match(ha, users[i].name, "*0") == result,
		    "%s, *0", users[i].name);
	}
	CHECK(match(ha, "joe", "secret") == AUTH_ACCEPTED, "joe");
	CHECK(strstr(logged, "/etc/authtab:1: ") != NULL, "%s", logged);
	CHECK(strstr(logged, "/etc/authtab:3: ") != NULL, "%s", logged);
	CHECK(strstr(logged, "/etc/authtab:8: ") == NULL, "a star is told of");
	CHECK(strstr(logged, "/etc/authtab:13: ") == NULL, "joe is told of");
	CHECK(strstr(logged, "$zz$") == NULL && strstr(logged, h) == NULL,
	    "a hash is logged");
	hashes_free(ha);
}

static void
test_told_once(void)
{
	struct hashes	*ha;

	unit_case("one process alone logs it");
	ha = table(0, "kind $zz$abc$def\n");
	CHECK(logged[0] == '\0', "%s", logged);
	hashes_free(ha);
}

static void
test_malformed(void)
{
	struct hashes	*ha;
	const char	*h = hash("secret", "$2b$04$" SALT);

	unit_case("a malformed line is refused with its place");
	ha = table(1, "joe %s\nann\n", h);
	CHECK(ha == NULL, "taken");
	CHECK(strncmp(why, "/etc/authtab:2: ", 16) == 0, "%s", why);
	ha = table(1, "joe :%s\n", h);
	CHECK(ha == NULL, "taken");
	CHECK(strncmp(why, "/etc/authtab:1: ", 16) == 0, "%s", why);
	ha = table(1, "joe JOE:%s\nann joe:%s\n", h, h);
	CHECK(ha == NULL, "taken");
	CHECK(strncmp(why, "/etc/authtab:2: ", 16) == 0, "%s", why);
	ha = table(1, "joe %s\nann SCRAM-SHA-256$4096:c2FsdA==$c3Q=:c3Y=\n", h);
	CHECK(ha == NULL, "taken");
	CHECK(strncmp(why, "/etc/authtab:2: ", 16) == 0, "%s", why);
	ha = table(1, "\n\n%0300d %s\n", 0, h);
	CHECK(ha == NULL, "taken");
	CHECK(strncmp(why, "/etc/authtab:3: ", 16) == 0, "%s", why);
}

static void
test_kinds(void)
{
	static const char *const	 settings[] = {
		"$1$abcdefgh$", "$5$rounds=1000$abcdefgh$", "$5$abcdefgh$",
		"$6$rounds=1000$abcdefgh$", "$6$abcdefgh$", "$y$j75$abcdefgh$",
		"$gy$j75$abcdefgh$", "$7$6..../....abcdefgh$", "ab",
		"$2a$04$" SALT, "$2y$04$" SALT, "_J9..abcd", NULL
	};
	struct hashes			*ha;
	const char			*h;
	size_t				 i;

	unit_case("whatever crypt(3) knows works");
	for (i = 0; settings[i] != NULL; i++) {
		h = crypt("secret", settings[i]);
		if (h == NULL || h[0] == '*') {
			printf("# this system has no %s\n", settings[i]);
			continue;
		}
		ha = table(1, "joe %s\n", h);
		CHECK(ha != NULL, "%s", why);
		CHECK(logged[0] == '\0', "%s", logged);
		CHECK(match(ha, "joe", "secret") == AUTH_ACCEPTED,
		    "%s", settings[i]);
		CHECK(match(ha, "joe", "wrong") == AUTH_NO_MATCH,
		    "%s", settings[i]);
		hashes_free(ha);
	}
}

static void
test_cost(void)
{
	static const struct {
		const char	*hash, *cost;
	} cases[] = {
		{ "$2b$10$" SALT, "2$10" },
		{ "$2y$10$" SALT, "2$10" },
		{ "$6$salt$hash", "$6" },
		{ "$6$rounds=5000$salt$hash", "$6$rounds=5000" },
		{ "$y$j9T$salt$hash", "$y$j9T" },
		{ "$1$salt$hash", "$1" },
		{ "$sha1$4000$salt$hash", "$sha1$4000" },
		{ "$md5,rounds=9$salt$$hash", "$md5,rounds=9" },
		{ "$7$CU..../....salt$hash", "$7$CU..../...." },
		{ "_J9..abcdabcdefghijk", "_J9.." },
		{ "abcdefghijklm", "" }
	};
	char	 buf[KIND_COST_MAX];
	size_t	 i;

	unit_case("method and cost are read from a hash");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hashkind_cost(cases[i].hash, buf, sizeof(buf));
		CHECK(strcmp(buf, cases[i].cost) == 0, "%s: %s",
		    cases[i].hash, buf);
	}
}

static void
test_too_costly(void)
{
#define H43	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"
	static const struct {
		const char	*hash;
		int		 costly;
	} cases[] = {
		{ "$2b$15$" SALT "abcdefghijklmnopqrstuvwxyzabcde", 0 },
		{ "$2b$16$" SALT "abcdefghijklmnopqrstuvwxyzabcde", 1 },
		{ "$2x$31$" SALT "abcdefghijklmnopqrstuvwxyzabcde", 1 },
		{ "$5$rounds=10000000$salt$" H43, 0 },
		{ "$5$rounds=10000001$salt$" H43, 1 },
		{ "$5$rounds=99999999999999999999$salt$" H43, 1 },
		{ "$6$rounds=999999999$salt$" H43 H43, 1 },
		{ "$sm3$rounds=10000001$salt$" H43, 1 },
		{ "$y$j9T$salt$" H43, 0 },
		{ "$y$jET$salt$" H43, 0 },
		{ "$y$jFT$salt$" H43, 1 },
		{ "$gy$jFT$salt$" H43, 1 },
		{ "$y$j9T/.$salt$" H43, 1 },
		{ "$y$jzz$salt$" H43, 1 },
		{ "$7$CU..../....salt$" H43, 0 },
		{ "$7$GU..../....salt$" H43, 1 },
		{ "$7$CU..../.../salt$" H43, 1 },
		{ "$7$zU..../....salt$" H43, 1 },
		{ "$7$CU$" H43, 1 },
		{ "$sha1$1000001$salt$abcdefghijklmnopqrstuvwxyzab", 1 },
		{ "$md5,rounds=1000001$salt$$abcdefghijklmnopqrstuv", 1 },
		{ "_J9..abcdabcdefghijk", 0 },
		{ "_zzzzabcdabcdefghijk", 1 }
	};
	struct hashes	*ha;
	const char	*h = hash("secret", "$2b$04$" SALT);
	size_t		 i;

	unit_case("a hash that would keep a checker for minutes is not used");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK((hashkind_judge(cases[i].hash) == KIND_COSTLY) ==
		    cases[i].costly, "%s", cases[i].hash);
	ha = table(1, "joe %s\nann $2b$31$%s\n", h, h + 7);
	CHECK(ha != NULL, "%s", why);
	CHECK(strcmp(logged, "/etc/authtab:2: hash cost too high: "
	    "\"ann\" cannot log in\n") == 0, "%s", logged);
	CHECK(match(ha, "ann", "secret") == AUTH_NO_HASH, "ann");
	CHECK(match(ha, "joe", "secret") == AUTH_ACCEPTED, "joe");
	hashes_free(ha);
}

/* A file that was written to a full disk ends anywhere. */
static void
test_cut_hash(void)
{
	static const char *const	 settings[] = {
		"$2b$04$" SALT, "$1$abcdefgh$", "$5$rounds=1000$abcdefgh$",
		"$6$rounds=1000$abcdefgh$", "$y$j75$abcdefgh$", "_J9..abcd"
	};
	struct hashes			*ha;
	const char			*h;
	size_t				 i, len;

	unit_case("a last hash that is cut anywhere is refused");
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		h = hash("secret", settings[i]);
		if (h[0] == '*')
			continue;
		for (len = 1; h[len] != '\0'; len++) {
			ha = table(1, "joe %s\n\nann %.*s%s", h, (int)len, h,
			    len % 2 ? "\n" : "");
			CHECK(ha == NULL, "%s: %zu octets", h, len);
			CHECK(strcmp(why, "/etc/authtab:3: the last hash is "
			    "cut short") == 0, "%s", why);
			hashes_free(ha);
			ha = table(1, "ann %.*s\njoe %s\n", (int)len, h, h);
			CHECK(ha != NULL, "%s", why);
			hashes_free(ha);
		}
	}
}

static void
test_whole_hash(void)
{
	struct hashes	*ha;
	const char	*h = hash("secret", "$2b$04$" SALT);

	unit_case("a whole one is not, nor a lock");
	ha = table(1, "joe *\n");
	CHECK(ha != NULL && logged[0] == '\0', "%s%s", why, logged);
	hashes_free(ha);
	ha = table(1, "joe %s\njoe $2b$04$x\nann !$2b$04$x\n", h);
	CHECK(ha != NULL, "%s", why);
	hashes_free(ha);
}

/* A large table in slices, with the old one in use beside it. */
static void
test_slices(void)
{
	struct hashes_reader	*hr;
	struct hashes		*old, *ha = NULL;
	const char		*h = hash("secret", "$2b$04$" SALT);
	FILE			*f;
	enum table_state	 state;
	int			 fd, i, steps = 0;

	unit_case("hashes are read in slices, the last of equal names counts");
	old = table(0, "joe %s\nann %s\n", h, h);
	f = fopen("authtab", "w");
	for (i = 0; i < 10000; i++)
		fprintf(f, "user%d %s\n", i, i % 2 ? h : "plain");
	fprintf(f, "joe plain\nuser0 %s\njoe %s\n", h, h);
	fclose(f);
	logged[0] = '\0';
	fd = open("authtab", O_RDONLY);
	hr = hashes_open(fd, "/etc/authtab", old, 1);
	while ((state = hashes_step(hr, why, sizeof(why))) == TABLE_MORE) {
		CHECK(match(old, "joe", "secret") == AUTH_ACCEPTED,
		    "the old one");
		steps++;
	}
	close(fd);
	CHECK(state == TABLE_DONE, "%s", why);
	if (state == TABLE_DONE)
		ha = hashes_take(hr);
	CHECK(steps > 10, "%d steps", steps);
	CHECK(match(ha, "joe", "secret") == AUTH_ACCEPTED, "joe");
	CHECK(match(ha, "user0", "secret") == AUTH_ACCEPTED, "user0");
	CHECK(match(ha, "user2", "secret") == AUTH_NO_HASH, "user2");
	CHECK(strstr(logged, "/etc/authtab:1: ") == NULL &&
	    strstr(logged, "/etc/authtab:10001: ") == NULL,
	    "lines that do not count are told of");
	CHECK(strstr(logged, "/etc/authtab:3: ") != NULL &&
	    strstr(logged, ": 4979 more lines ") != NULL, "%s", logged);
	logged[0] = '\0';
	hashes_tell(ha, "/etc/authtab");
	CHECK(strcmp(logged, "/etc/authtab: 10001 users, 10000 new, "
	    "0 changed, 1 gone\n") == 0, "%s", logged);
	hashes_free(ha);
	fd = open("/dev/null", O_RDONLY);
	hr = hashes_open(fd, "x", old, 1);
	CHECK(hashes_step(hr, why, sizeof(why)) == TABLE_BAD, "a device");
	hashes_cancel(hr);
	close(fd);
	hashes_free(old);
}

/* Microseconds of CPU that one check takes. */
static double
cost(struct hashes *ha, const char *user, const char *pass)
{
	struct timespec	 a, b;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	(void)match(ha, user, pass);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return (1e6 * (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e3);
}

static void
test_time(void)
{
	static const struct {
		const char	*user, *pass, *what;
	} cases[] = {
		{ "nobody", "wrong", "an unknown user" },
		{ "nobody", "", "an unknown user and no password" },
		{ "ann", "", "no password" },
		{ "kind", "wrong", "a hash of an unknown kind" },
		{ "cut", "wrong", "a cut hash" },
		{ "star", "wrong", "a locked user" },
		{ "ann", "secret", "the right password" }
	};
	struct hashes	*ha, *files[TABLES_ASKED_MAX] = { NULL };
	const char	*h = hash("secret", "$2b$07$" SALT);
	double		 right, this, us;
	size_t		 i, j;

	files[0] = ha = table(0, "aaa %s\nann %s\nbob %s\nkind $zz$abc$def\n"
	    "cut $6$abc$d\nstar *\n", hash("secret", "$2b$04$" SALT), h, h);
	hashes_use(files, 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char	 name[120];

		snprintf(name, sizeof(name),
		    "%s takes as long as a wrong password", cases[i].what);
		unit_case(name);
		/* In turns, and longer if the machine does other things. */
		right = this = 1e12;
		for (j = 0; j < 9 || (j < 90 && this > 1.25 * right); j++) {
			us = cost(ha, "ann", "wrong");
			right = us < right ? us : right;
			us = cost(ha, cases[i].user, cases[i].pass);
			this = us < this ? us : this;
		}
		CHECK(this > 0.8 * right && this < 1.25 * right,
		    "%.0f us, not %.0f", this, right);
	}
	hashes_free(ha);
}

/* The digests of RFC 1939 section 7 and RFC 2195 section 2. */
#define APOP	"c4c9334bac560ecc979e58001b3e22fb"			\
	"<1896.697170952@dbc.mtview.ca.us>"
#define CRAM	"b913a602c7eda7a495b4e6e7334d3890"			\
	"<1896.697170952@postoffice.reston.mci.net>"
#define STORED	"d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e" \
	"7015116b"

/* How many hashes it took since the last time. */
static uint64_t
hashed(void)
{
	struct count_values	 cv;

	return (count_take(&cv) ? cv.cv_count[COUNT_HASHES] : 0);
}

static char	 ticket[TICKET_TEXT];

static enum auth_result
digest_for(enum auth_purpose purpose, const struct hashes *ha,
    const char *user, enum auth_method method, const char *half)
{
	struct msg_check	 mk;

	memset(&mk, 0, sizeof(mk));
	mk.mk_method = method;
	mk.mk_purpose = purpose;
	strlcpy(mk.mk_user, user, sizeof(mk.mk_user));
	strlcpy(mk.mk_pass, half, sizeof(mk.mk_pass));
	ticket[0] = '\0';
	return (hashes_digest(ha, &mk, ticket));
}

#define digest(...)	digest_for(PURPOSE_SESSION, __VA_ARGS__)

/* APOP by a proxy, with a challenge that was made so many seconds ago. */
static enum auth_result
route(long long ago, const char *name)
{
	MD5_CTX	 ctx;
	char	 half[PASS_MAX], *salt = half + SECRET_DIGEST;
	char	 hex[SECRET_DIGEST + 1];

	snprintf(salt, sizeof(half) - SECRET_DIGEST, "<1896.%lld%s>",
	    (long long)time(NULL) - ago, name);
	MD5Init(&ctx);
	MD5Update(&ctx, (const uint8_t *)salt, strlen(salt));
	MD5Update(&ctx, (const uint8_t *)"tanstaaf", 8);
	memcpy(half, MD5End(&ctx, hex), SECRET_DIGEST);
	return (digest_for(PURPOSE_ROUTE, test.ha, "apop", AUTH_APOP, half));
}

static void
test_secret_digest(void)
{
	static const struct {
		const char	*user;
		enum auth_result apop, cram;
	} users[] = {
		{ "apop", AUTH_ACCEPTED, AUTH_NO_MATCH },
		{ "cram", AUTH_NO_MATCH, AUTH_ACCEPTED },
		{ "both", AUTH_NO_MATCH, AUTH_ACCEPTED },
		{ "stored", AUTH_NO_HASH, AUTH_ACCEPTED },
		{ "hashed", AUTH_NO_HASH, AUTH_NO_HASH },
		{ "locked", AUTH_LOCKED, AUTH_LOCKED },
		{ "empty", AUTH_NO_HASH, AUTH_NO_HASH },
		{ "upper", AUTH_NO_HASH, AUTH_NO_HASH },
		{ "nobody", AUTH_NO_USER, AUTH_NO_USER }
	};
	const char	*h = hash("tanstaaf", "$2b$04$" SALT);
	size_t		 i;

	unit_case("a digest is right for its secret alone");
	test.ha = table(1, "apop {PLAIN}tanstaaf\n"
	    "cram {PLAIN}tanstaaftanstaaf\nboth Both:{plain}tanstaaftanstaaf\n"
	    "stored {CRAM-MD5}" STORED "\n"
	    "hashed %s\nlocked !{PLAIN}tanstaaf\nempty {PLAIN}\n"
	    "upper {CRAM-MD5}D" "%s\nlast *\n", h, STORED + 1);
	CHECK(test.ha != NULL, "%s", why);
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		CHECK(digest(test.ha, users[i].user, AUTH_APOP, APOP) ==
		    users[i].apop, "APOP %s", users[i].user);
		CHECK(digest(test.ha, users[i].user, AUTH_CRAM, CRAM) ==
		    users[i].cram, "CRAM-MD5 %s", users[i].user);
	}
	CHECK(digest(test.ha, "apop", AUTH_APOP, "") == AUTH_NO_MATCH, "");
	CHECK(digest(NULL, "apop", AUTH_APOP, APOP) == AUTH_NO_USER,
	    "no table");
}

static void
test_digest_ticket(void)
{
	unit_case("a proxy's right digest gets a ticket, which is a password");
	CHECK(digest(test.ha, "apop", AUTH_APOP, APOP) == AUTH_ACCEPTED &&
	    ticket[0] == '\0', "for a session: %s", ticket);
	CHECK(route(TICKET_SALT_SECONDS + 60, "@mail") == AUTH_TEMP, "old");
	CHECK(route(0, "@popd") == AUTH_TEMP, "of a listener");
	CHECK(route(0, "") == AUTH_TEMP, "of nobody");
	CHECK(ticket[0] == '\0', "%s", ticket);
	CHECK(route(0, "@mail") == AUTH_ACCEPTED, "apop");
	CHECK(strlen(ticket) == TICKET_TEXT - 1, "%s", ticket);
	CHECK(match(test.ha, "apop", ticket) == AUTH_ACCEPTED, "its user");
	CHECK(match(test.ha, "cram", ticket) == AUTH_NO_MATCH, "another user");
	CHECK(match(test.ha, "hashed", ticket) == AUTH_NO_MATCH, "with a hash");
	CHECK(hashes_check_given("{PLAIN}tanstaaf", "apop", ticket, NULL) ==
	    AUTH_ACCEPTED, "another server");
	CHECK(hashes_check_given("{CRAM-MD5}" STORED, "apop", ticket, NULL) ==
	    AUTH_NO_MATCH, "another secret");
	ticket[TICKET_TEXT - 2] ^= 1;
	CHECK(match(test.ha, "apop", ticket) == AUTH_NO_MATCH,
	    "another ticket");
	CHECK(cache_count() == 0, "remembered");
}

static void
test_no_secret(void)
{
	unit_case("users who cannot log in by a digest are counted");
	logged[0] = '\0';
	hashes_tell_method(test.ha, "t", AUTH_APOP);
	hashes_tell_method(test.ha, "t", AUTH_CRAM);
	CHECK(strcmp(logged, "t: users without a secret for APOP: 2\n"
	    "t: users without a secret for CRAM-MD5: 1\n") == 0, "%s", logged);
}

static void
test_secret_password(void)
{
	unit_case("a secret is a password, and takes as long as a hash");
	CHECK(match(test.ha, "apop", "tanstaaf") == AUTH_ACCEPTED, "apop");
	CHECK(match(test.ha, "stored", "tanstaaftanstaaf") == AUTH_ACCEPTED,
	    "stored");
	CHECK(match(test.ha, "stored", "tanstaaf") == AUTH_NO_MATCH, "stored");
	CHECK(match(test.ha, "apop", "tanstaaf ") == AUTH_NO_MATCH, "longer");
	CHECK(match(test.ha, "apop", "tanstaa") == AUTH_NO_MATCH, "shorter");
	CHECK(match(test.ha, "apop", "") == AUTH_NO_MATCH, "empty");
	CHECK(match(test.ha, "empty", "") == AUTH_NO_HASH, "empty");
	(void)hashed();
	CHECK(match(test.ha, "apop", "wrong") == AUTH_NO_MATCH, "wrong");
	CHECK(hashed() == 1, "a hash for it");
	hashes_free(test.ha);
}

static void
test_secrets_only(void)
{
	struct hashes	*files[TABLES_ASKED_MAX] = { NULL };

	unit_case("without a hash if all users have secrets");
	files[0] = test.ha = table(1, "a {PLAIN}one\nb {PLAIN}two\n");
	hashes_use(files, 0);
	CHECK(match(test.ha, "a", "one") == AUTH_ACCEPTED, "a");
	CHECK(match(test.ha, "c", "one") == AUTH_NO_USER, "c");
	CHECK(hashed() == 0, "a hash");
	hashes_free(test.ha);
}

static void
test_cut_secret(void)
{
	unit_case("one that is cut, or has a colon in it");
	CHECK(table(1, "a {PLAIN}one\nb {PLAIN}\n") == NULL, "empty");
	CHECK(table(1, "b {CRAM-MD5}d06d4e1b\n") == NULL, "short");
	test.ha = table(1, "a {PLAIN}o:n{e} \nb b:{PLAIN}t:wo\n");
	CHECK(match(test.ha, "a", "o:n{e}") == AUTH_ACCEPTED, "a");
	CHECK(match(test.ha, "b", "t:wo") == AUTH_ACCEPTED, "b");
	hashes_free(test.ha);
}

int
main(void)
{
	log_init("authhash");
	log_to(sink);
	test_accepted();
	test_rejected();
	test_no_table();
	test_secret_digest();
	test_digest_ticket();
	test_no_secret();
	test_secret_password();
	test_secrets_only();
	test_cut_secret();
	test_no_match();
	test_told_once();
	test_malformed();
	test_kinds();
	test_cost();
	test_too_costly();
	test_cut_hash();
	test_whole_hash();
	test_slices();
	test_time();
	return (unit_done());
}
