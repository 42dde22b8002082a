/*
 * link: tabpop/answers.o tabpop/inquiry.o tabpop/proto.o
 * link: lib/log.o lib/setting.o lib/source.o lib/table.o lib/utf8.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * tabpop with a compromised authpop and compromised checkers, and with tables
 * that answer anything: who learns what, and whose answer counts.  Channels,
 * table processes and the clock are stubs around the real answers.c and
 * inquiry.c.
 */

#include "tableprograms.h"

static void
inquiry_over(void *arg, const struct inquiry_answer *ia)
{
	t.last = *ia;
	strlcpy(t.value, ia->ia_value, sizeof(t.value));
	t.ended++;
}

/* An inquiry of our own. */
static struct inquiry *
inquire(const char *name, enum table_flag kind, const char *user,
    const char *pass)
{
	static const struct source	 source = { .so_version = 4,
					    .so_addr = { 192, 0, 2, 1 } };
	struct inquiry_proof		 ip = { pass, &source, 0 };

	if (name != NULL)
		unit_case(name);
	t.nasked = t.ended = 0;
	memset(t.programs, 0, sizeof(t.programs));
	t.programs[0].pg_up = t.programs[2].pg_up = 1;
	return (inquiry_new((struct tableset *)&t, kind, user,
	    pass != NULL ? &ip : NULL, inquiry_over, NULL));
}

static void
want_end(enum look_result result, unsigned int place, const char *value)
{
	CHECK(t.ended == 1, "ended %u times", t.ended);
	CHECK(t.last.ia_result == result && t.last.ia_place == place,
	    "%d at %u", t.last.ia_result, t.last.ia_place);
	CHECK(strcmp(t.value, value) == 0, "%s", t.value);
	CHECK(t.held == 0, "%d left", t.held);
}

static void
test_first_decides(void)
{
	inquire("the first that knows the user decides", TABLE_CREDENTIALS,
	    "Joe@Example.ORG", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe@example.org");
	table_says(PROTO_NOT_FOUND, "");
	want_asked(2, 2, SERVICE_CREDENTIALS, "joe@example.org");
	table_says(PROTO_FOUND, HASH);
	want_end(LOOK_FOUND, 2, HASH);
}

static void
test_nobody_knows(void)
{
	inquire("no table knows the user", TABLE_CREDENTIALS, "joe", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_NOT_FOUND, "");
	table_says(PROTO_NOT_FOUND, "");
	want_end(LOOK_NONE, 0, "");
}

static void
test_error(void)
{
	inquire("after an error no other table is asked", TABLE_CREDENTIALS,
	    "joe", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_ERROR, "");
	want_end(LOOK_TEMP, 0, "");
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
}

static void
test_down(void)
{
	inquire("nor after one that is down", TABLE_CREDENTIALS, "joe", NULL);
	t.programs[0].pg_up = 0;
	timers_pass(0);
	want_end(LOOK_TEMP, 0, "");
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);
}

static void
test_slow(void)
{
	inquire("nor after one that is too slow", TABLE_CREDENTIALS, "joe",
	    NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	timers_pass(TABLE_SECONDS * 1000 - 1);
	CHECK(t.ended == 0, "too soon");
	timers_pass(1);
	want_end(LOOK_TEMP, 0, "");
	CHECK(t.asked[0].qn_done == NULL, "the question is not forgotten");
}

static void
test_one_time(void)
{
	unit_case("the time is one for all of them");
	inquire(NULL, TABLE_CREDENTIALS, "joe", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
	timers_pass(TABLE_SECONDS * 1000 - 100);
	table_says(PROTO_NOT_FOUND, "");
	want_asked(2, 2, SERVICE_CREDENTIALS, "joe");
	timers_pass(100);
	want_end(LOOK_TEMP, 2, "");
}

static void
test_not_wanted(void)
{
	unit_case("a cancelled inquiry ends without an answer");
	inquiry_free(inquire(NULL, TABLE_CREDENTIALS, "joe", NULL));
	timers_pass(TABLE_SECONDS * 1000);
	CHECK(t.ended == 0 && t.nasked == 0 && t.held == 0, "still running");
}

static void
test_long_hash(void)
{
	static const struct {
		const char	*value;
		const char	*hash;		/* NULL: makes no sense */
	} values[] = {
		{ HASH, HASH },
		{ "joe:" HASH, HASH },
		{ "JOE:" HASH, HASH },
		{ "ann:" HASH, NULL },
		{ "joe2:" HASH, NULL },
		{ ":" HASH, NULL },
		{ "joe:", NULL },
	};
	char	 text[HASH_TEXT_MAX + 1];
	size_t	 i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		inquire(i == 0 ? "a hash, or the name and a hash" :
		    values[i].hash == NULL && values[i - 1].hash != NULL ?
		    "a hash of another user is invalid" : NULL,
		    TABLE_CREDENTIALS, "joe", NULL);
		want_asked(1, 0, SERVICE_CREDENTIALS, "joe");
		table_says(PROTO_FOUND, values[i].value);
		want_end(values[i].hash != NULL ? LOOK_FOUND : LOOK_TEMP, 0,
		    values[i].hash != NULL ? values[i].hash : "");
		CHECK(t.nasked == 1, "%s: the next is asked", values[i].value);
	}

	unit_case("a hash that is too long is refused, not cut");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	inquire(NULL, TABLE_CREDENTIALS, "joe", NULL);
	timers_pass(0);
	table_says(PROTO_FOUND, text);
	want_end(LOOK_TEMP, 0, "");
}

static void
test_bad_userinfo(void)
{
	inquire("userinfo that makes no sense is refused", TABLE_USERBASE,
	    "joe", NULL);
	want_asked(1, 0, SERVICE_USERINFO, "joe");
	table_says(PROTO_FOUND, "1000:1000");
	want_end(LOOK_TEMP, 0, "");
	inquire(NULL, TABLE_USERBASE, "joe", NULL);
	timers_pass(0);
	table_says(PROTO_FOUND, "1000:1000:/home/joe");
	want_end(LOOK_FOUND, 0, "1000:1000:/home/joe");
}

static void
test_odd_name(void)
{
	unit_case("a name that would be another question is not asked");
	inquire(NULL, TABLE_CREDENTIALS, "joe|ann", NULL);
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);
	want_end(LOOK_NONE, 0, "");
	inquire(NULL, TABLE_CREDENTIALS, "joe\nann", NULL);
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);
	want_end(LOOK_NONE, 0, "");
}

static void
test_not_utf8(void)
{
	inquire("nor is one that is not UTF-8", TABLE_CREDENTIALS,
	    "jos\xe9", NULL);
	want_asked(0, 0, SERVICE_CREDENTIALS, NULL);
	want_end(LOOK_NONE, 0, "");
	inquire(NULL, TABLE_CREDENTIALS, "jos\xc3\xa9", NULL);
	want_asked(1, 0, SERVICE_CREDENTIALS, "jos\xc3\xa9");
	table_says(PROTO_FOUND, HASH);
	want_end(LOOK_FOUND, 0, HASH);
}

static void
test_not_asked(void)
{
	inquire("a table that judges passwords is not asked for a hash",
	    TABLE_CREDENTIALS, "joe", NULL);
	t.programs[0].pg_proves = 1;
	want_asked(0, 0, SERVICE_AUTH, NULL);
	want_end(LOOK_PROVE, 0, "");
}

static void
test_sees_password(void)
{
	inquire("it sees user and password, no other does", TABLE_CREDENTIALS,
	    "Joe", "a:b");
	want_asked(1, 0, SERVICE_AUTH, "joe:a:b");
	table_says(PROTO_FOUND, "");
	want_end(LOOK_FOUND, 0, "");
}

static void
test_next_asked(void)
{
	inquire("after it the next is asked as ever", TABLE_CREDENTIALS, "joe",
	    "secret");
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	table_says(PROTO_NOT_FOUND, "");
	want_asked(2, 2, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_FOUND, HASH);
	want_end(LOOK_FOUND, 2, HASH);
}

static void
test_next_sees(void)
{
	inquire("and may want to see the password, too", TABLE_CREDENTIALS,
	    "joe", "secret");
	t.programs[2].pg_proves = 1;
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	table_says(PROTO_NOT_FOUND, "");
	want_asked(1, 0, SERVICE_AUTH, "joe:secret");
	want_end(LOOK_PROVE, 2, "");
}

static void
test_system(void)
{
	inquire("the system sees where it comes from, and decides",
	    TABLE_CREDENTIALS, "joe", "secret");
	t.programs[0].pg_system = 1;
	want_asked(1, 0, SERVICE_SYSTEM, "192.0.2.1|joe:secret");
	table_says(PROTO_WRONG, "");
	want_end(LOOK_WRONG, 0, "");
	want_asked(1, 0, SERVICE_SYSTEM, "192.0.2.1|joe:secret");
}

static void
test_cannot_ask(void)
{
	inquire("what cannot be asked it does not know", TABLE_CREDENTIALS,
	    "joe:x", "secret");
	want_asked(1, 2, SERVICE_CREDENTIALS, "joe:x");
	table_says(PROTO_NOT_FOUND, "");
	want_end(LOOK_NONE, 0, "");
	inquire(NULL, TABLE_CREDENTIALS, "joe", "a\nb");
	want_asked(1, 2, SERVICE_CREDENTIALS, "joe");
	table_says(PROTO_NOT_FOUND, "");
	want_end(LOOK_NONE, 0, "");
}

int
main(void)
{
	struct setting_values	 stv;

	log_to(silent);
	setting_defaults(&stv);
	setting_use(&stv);
	answers_start();
	test_first_decides();
	test_nobody_knows();
	test_error();
	test_down();
	test_slow();
	test_one_time();
	test_not_wanted();
	test_long_hash();
	test_bad_userinfo();
	test_odd_name();
	test_not_utf8();
	test_not_asked();
	test_sees_password();
	test_next_asked();
	test_next_sees();
	test_system();
	test_cannot_ask();
	return (unit_done());
}
