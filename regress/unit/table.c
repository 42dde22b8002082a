/* link: lib/table.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Tables as smtpd writes them, and as people get them wrong. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table.h"
#include "unit.h"

static char	 why[256];

static struct table *
read_bytes(const char *text, size_t len,
    const char *(*check)(const struct table_row *))
{
	char		 path[] = "/tmp/unit-table.XXXXXX";
	struct table	*tb;
	int		 fd;

	if ((fd = mkstemp(path)) == -1)
		abort();
	unlink(path);
	if (write(fd, text, len) != (ssize_t)len)
		abort();
	why[0] = '\0';
	tb = table_read(fd, "tab", check, why, sizeof(why));
	close(fd);
	return (tb);
}

static struct table *
read_text(const char *text)
{
	return (read_bytes(text, strlen(text), NULL));
}

static const char *
value(const char *text, const char *key)
{
	static char		 copy[512];
	const struct table_row	*tr;
	struct table		*tb;

	if ((tb = read_text(text)) == NULL)
		return ("unreadable");
	tr = table_find(tb, key);
	snprintf(copy, sizeof(copy), "%s", tr == NULL ? "none" : tr->tr_value);
	table_free(tb);
	return (copy);
}

static const char *
check_no_x(const struct table_row *tr)
{
	return (tr->tr_value[0] == 'x' ? "an x" : NULL);
}

static void
syntax(void)
{
	static const struct {
		const char	*desc, *text, *key, *want;
	} cases[] = {
		{ "space", "joe secret\n", "joe", "secret" },
		{ "tab", "joe\tsecret\n", "joe", "secret" },
		{ "colon", "joe:secret\n", "joe", "secret" },
		{ "blanks", "  joe \t secret  \n", "joe", "secret" },
		{ "no last newline", "joe secret", "joe", "secret" },
		{ "CRLF", "joe secret\r\nann x\r\n", "joe", "secret" },
		{ "comment", "# joe no\njoe secret\n", "joe", "secret" },
		{ "# inside", "joe se#cret\n", "joe", "se#cret" },
		{ "value with colons", "joe 1:2:/x:y z\n", "joe", "1:2:/x:y z" },
		{ "case of the key", "Joe@Example.ORG Se\n",
		    "jOE@eXAMPLE.org", "Se" },
		{ "last wins", "joe 1\nann 2\nJOE 3\n", "joe", "3" },
		{ "bracket", "[::1] x\n", "[::1]", "x" },
		{ "8-bit key", "j\303\266e x\n", "j\303\266e", "x" },
		{ "unknown", "joe 1\n", "jo", "none" },
		{ "prefix", "joe 1\n", "joex", "none" },
		{ "empty key", "joe 1\n", "", "none" },
		{ "empty file", "", "joe", "none" },
		{ "only comments", "\n#\n  \n", "joe", "none" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(strcmp(value(cases[i].text, cases[i].key),
		    cases[i].want) == 0, "%s: got %s", cases[i].desc,
		    value(cases[i].text, cases[i].key));
}

static void
errors(void)
{
	static const struct {
		const char	*text, *want;
	} cases[] = {
		{ "a 1\nb\n", "tab:2: no value behind the key" },
		{ "\n# x\na:\n", "tab:3: no value behind the key" },
		{ "a 1\n:x\n", "tab:2: no key" },
		{ "[::1 x\n", "tab:1: no value behind the key" },
		{ "a 1\n\nb x1\n", "tab:3: an x" }
	};
	size_t	 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(read_bytes(cases[i].text, strlen(cases[i].text),
		    check_no_x) == NULL, "case %zu was read", i);
		CHECK(strcmp(why, cases[i].want) == 0, "case %zu: %s", i, why);
	}
	CHECK(read_bytes("a 1\nb \0x\n", 9, NULL) == NULL, "NUL was read");
	CHECK(strcmp(why, "tab: has a NUL octet") == 0, "%s", why);
}

static void
userinfo(void)
{
	static const struct {
		const char	*text;
		int		 good;
	} cases[] = {
		{ "1000:100:/home/joe", 1 }, { "0:0:/root", 1 },
		{ "4294967294:1:/x", 1 }, { "1:1:/a:b", 1 },
		{ "4294967295:1:/x", 0 }, { "-1:1:/x", 0 }, { "+1:1:/x", 0 },
		{ " 1:1:/x", 0 }, { "1: 1:/x", 0 }, { "1:1:x", 0 },
		{ "1:1:", 0 }, { "1:1", 0 }, { "1", 0 }, { "::/x", 0 },
		{ "1x:1:/x", 0 }, { "0x1:1:/x", 0 },
		{ "99999999999999999999:1:/x", 0 }
	};
	struct userinfo	 ui;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK((userinfo_parse(cases[i].text, &ui) == NULL) ==
		    cases[i].good, "%s", cases[i].text);
	CHECK(userinfo_parse("7:8:/a:b", &ui) == NULL && ui.ui_uid == 7 &&
	    ui.ui_gid == 8 && strcmp(ui.ui_dir, "/a:b") == 0, "fields");
}

static void
rows(void)
{
	struct table	*tb;
	char		*text, *p;
	char		 key[32];
	int		 i;

	text = p = malloc(20 * 2000);
	for (i = 1999; i >= 0; i--)
		p += sprintf(p, "user%d %d\n", i, i);
	tb = read_text(text);
	CHECK(tb != NULL, "%s", why);
	for (i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "user%d", i);
		CHECK(table_find(tb, key) != NULL &&
		    atoi(table_find(tb, key)->tr_value) == i &&
		    table_find(tb, key)->tr_line == 2000U - i, "%s", key);
	}
	CHECK(table_row(tb, 1999) != NULL && table_row(tb, 2000) == NULL,
	    "number of rows");
	table_free(tb);
	free(text);
	CHECK(strcmp(credentials_hash("$2b$04$x"), "$2b$04$x") == 0, "bare");
	CHECK(strcmp(credentials_hash("joe:$2b$04$x"), "$2b$04$x") == 0,
	    "user:hash");
	CHECK(strcmp(credentials_hash("joe:"), "") == 0, "empty");
}

int
main(void)
{
	unit_case("table: syntax of smtpd's files");
	syntax();
	unit_case("table: errors name file and line");
	errors();
	unit_case("table: uid:gid:directory, strictly");
	userinfo();
	unit_case("table: two thousand rows, hashes");
	rows();
	return (unit_done());
}
