/*
 * link: syspop/question.o
 * waits
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lookups and password checks of system users, with getpwnam_r(3) and
 * system_auth() replaced.
 */

#include <sys/types.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <system_auth.h>

#include "unit.h"

/* Beside a system's own one, which may be inline. */
#define system_auth(user, pass, source)	fake_auth(user, pass, source)
static enum system_auth	 fake_auth(const char *, char *, const char *);
#include "syspop/account.c"

/* The system: the users ann, root and wheel, and one that it cannot find. */
static const struct {
	const char	*name;
	uid_t		 uid;
	gid_t		 gid;
} users[] = {
	{ "ann", 1001, 1001 },
	{ "a.b-c_9", 1002, 1002 },
	{ "root", 0, 0 },
	{ "toor", 0, 1001 },
	{ "wheel", 1003, 0 }
};

static struct {
	char			 asked[64];	/* "user:password@source" */
	unsigned int		 found;		/* calls of getpwnam_r(3) */
	enum system_auth	 says;
} fake;

int
getpwnam_r(const char *name, struct passwd *pw, char *buf, size_t size,
    struct passwd **out)
{
	size_t	 i;

	fake.found++;
	*out = NULL;
	if (strcmp(name, "sick") == 0)
		return (EIO);
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (strcmp(users[i].name, name) != 0)
			continue;
		memset(pw, 0, sizeof(*pw));
		snprintf(buf, size, "%s", name);
		pw->pw_name = buf;
		pw->pw_uid = users[i].uid;
		pw->pw_gid = users[i].gid;
		pw->pw_dir = buf + strlen(buf) + 1;
		snprintf(pw->pw_dir, size - strlen(buf) - 1, "/home/%s", name);
		*out = pw;
	}
	return (0);
}

static enum system_auth
fake_auth(const char *user, char *pass, const char *source)
{
	snprintf(fake.asked, sizeof(fake.asked), "%s:%s@%s", user, pass,
	    source);
	return (fake.says);
}

static enum account_result
ask(const char *user, const char *pass, enum system_auth says)
{
	struct account_answer	 an;
	struct question		 qu;

	memset(&qu, 0, sizeof(qu));
	qu.qu_kind = QUESTION_CHECK;
	strlcpy(qu.qu_user, user, sizeof(qu.qu_user));
	strlcpy(qu.qu_pass, pass, sizeof(qu.qu_pass));
	strlcpy(qu.qu_source, "192.0.2.1", sizeof(qu.qu_source));
	memset(&fake, 0, sizeof(fake));
	fake.says = says;
	account_answer(&qu, "", &an);
	CHECK(qu.qu_pass[0] == '\0', "password of %s is there", user);
	return (an.an_result);
}

static void
test_asked(void)
{
	CHECK(ask("ann", "right", SYSTEM_AUTH_RIGHT) == ACCOUNT_FOUND, "ann");
	CHECK(strcmp(fake.asked, "ann:right@192.0.2.1") == 0, "%s",
	    fake.asked);
	CHECK(ask("a.b-c_9", "x", SYSTEM_AUTH_RIGHT) == ACCOUNT_FOUND, "abc");
	CHECK(ask("ann", "x", SYSTEM_AUTH_WRONG) == ACCOUNT_WRONG, "wrong");
	CHECK(ask("ann", "x", SYSTEM_AUTH_ERROR) == ACCOUNT_ERROR, "error");
	CHECK(ask("sick", "x", SYSTEM_AUTH_RIGHT) == ACCOUNT_ERROR, "sick");
	CHECK(fake.asked[0] == '\0', "asked of sick");
}

/* Names that never log in; found: whether the system is queried. */
static void
test_refused(void)
{
	static const struct {
		const char		*user;
		const char		*pass;
		enum account_result	 want;
		unsigned int		 found;
	} cases[] = {
		{ "root", "right", ACCOUNT_WRONG, 1 },
		{ "toor", "right", ACCOUNT_WRONG, 1 },
		{ "wheel", "right", ACCOUNT_WRONG, 1 },
		{ "ann", "", ACCOUNT_WRONG, 1 },
		{ "none", "right", ACCOUNT_NONE, 1 },
		{ "", "right", ACCOUNT_NONE, 0 },
		{ "-ann", "right", ACCOUNT_NONE, 0 },
		{ ".ann", "right", ACCOUNT_NONE, 0 },
		{ "Ann", "right", ACCOUNT_NONE, 0 },
		{ "an/n", "right", ACCOUNT_NONE, 0 },
		{ "ann@example.org", "right", ACCOUNT_NONE, 0 },
		{ "ann\xc3\xa9", "right", ACCOUNT_NONE, 0 },
		{ "ann n", "right", ACCOUNT_NONE, 0 },
		{ "a23456789a23456789a23456789a23456", "x", ACCOUNT_NONE, 0 }
	};
	static const char	 nobody[] = "popd-no-such-user:";
	size_t			 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(ask(cases[i].user, cases[i].pass, SYSTEM_AUTH_RIGHT) ==
		    cases[i].want, "%s: result", cases[i].user);
		CHECK(fake.found == cases[i].found, "%s: looked up",
		    cases[i].user);
		CHECK(strncmp(fake.asked, nobody, strlen(nobody)) == 0 &&
		    strstr(fake.asked, "right") == NULL, "%s: asked %s",
		    cases[i].user, fake.asked);
	}
	CHECK(ask("root", "x", SYSTEM_AUTH_ERROR) == ACCOUNT_ERROR, "error");
}

/* A right password is answered at once, a wrong one later. */
static void
test_time(void)
{
	struct timespec	 begin, end;
	long		 ms;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	(void)ask("none", "x", SYSTEM_AUTH_WRONG);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ms = (end.tv_sec - begin.tv_sec) * 1000 +
	    (end.tv_nsec - begin.tv_nsec) / 1000000;
	CHECK(ms >= SYSTEM_REFUSE_MS - 1, "refused after %ld ms", ms);
}

static void
info(const char *user, const char *below, enum account_result want,
    const char *value)
{
	struct account_answer	 an;
	struct question		 qu;

	memset(&qu, 0, sizeof(qu));
	qu.qu_kind = QUESTION_USERINFO;
	strlcpy(qu.qu_user, user, sizeof(qu.qu_user));
	account_answer(&qu, below, &an);
	CHECK(an.an_result == want, "%s: result", user);
	CHECK(strcmp(an.an_value, value) == 0, "%s: %s", user, an.an_value);
}

static void
test_userinfo(void)
{
	info("ann", "", ACCOUNT_FOUND, "1001:1001:/home/ann");
	info("ann", "Maildir", ACCOUNT_FOUND, "1001:1001:/home/ann/Maildir");
	info("none", "Maildir", ACCOUNT_NONE, "");
	info("an/n", "Maildir", ACCOUNT_NONE, "");
	info("sick", "", ACCOUNT_ERROR, "system lookup failed");
}

/* Lines of tabpop. */
static void
test_question(void)
{
	static const char		 head[] =
	    "table|0.1|1700000000.123456|system|";
	static const char *const	 bad[] = {
		"", "table", "table|0.2|1|system|check|system|1|a|b:c",
		"table|0.1|1|system|check|auth|1|a|b:c",
		"table|0.1|1|system|check|userinfo|1|b",
		"table|0.1|1|system|lookup|system|1|a|b:c",
		"table|0.1|1|system|check|system||a|b:c",
		"table|0.1|1|system|check|system|123456789|a|b:c",
		"table|0.1|1|system|check|system|1|b:c",
		"table|0.1|1|system|check|system|1|a|b"
	};
	struct question			 qu;
	char				 line[1024];
	size_t				 i;

	snprintf(line, sizeof(line), "%scheck|system|0000000a|::1|ann:p|a:s ",
	    head);
	CHECK(question_parse(line, &qu) == 0 && qu.qu_kind == QUESTION_CHECK &&
	    strcmp(qu.qu_id, "0000000a") == 0 &&
	    strcmp(qu.qu_source, "::1") == 0 &&
	    strcmp(qu.qu_user, "ann") == 0 &&
	    strcmp(qu.qu_pass, "p|a:s ") == 0, "check");
	snprintf(line, sizeof(line), "%slookup|userinfo|1|ann", head);
	CHECK(question_parse(line, &qu) == 0 &&
	    qu.qu_kind == QUESTION_USERINFO && strcmp(qu.qu_user, "ann") == 0,
	    "userinfo");
	CHECK(question_parse("config|protocol|0.1", &qu) == 0 &&
	    qu.qu_kind == QUESTION_GREETING, "greeting");
	CHECK(question_parse("config|ready", &qu) == 0 &&
	    qu.qu_kind == QUESTION_READY, "ready");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(question_parse(bad[i], &qu) == -1, "%s", bad[i]);
}

int
main(void)
{
	unit_case("a user is looked up by name, password and source");
	test_asked();
	unit_case("root, unknown users and odd names never log in");
	test_refused();
	unit_case("a refusal takes its time");
	test_time();
	unit_case("uid, gid and directory");
	test_userinfo();
	unit_case("lines of tabpop");
	test_question();
	return (unit_done());
}
