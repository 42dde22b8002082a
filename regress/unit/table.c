/* link: lib/table.o lib/table_read.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Tables as smtpd reads them, and as people get them wrong; read in slices of
 * every size, while they change, and as replacements of a table in use.
 */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <siphash.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "table.h"
#include "table_private.h"
#include "unit.h"

/* Microseconds: two ticks of the clock of a file system. */
#define TICKS	20000

static char	 why[256];

static int
file(const char *text, size_t len)
{
	char	 path[] = "/tmp/unit-table.XXXXXX";
	int	 fd;

	if ((fd = mkstemp(path)) == -1)
		abort();
	unlink(path);
	if (write(fd, text, len) != (ssize_t)len)
		abort();
	why[0] = '\0';
	return (fd);
}

static struct table *
read_bytes(const char *text, size_t len, table_check *check)
{
	struct table	*tb;
	int		 fd = file(text, len);

	tb = table_read(fd, "tab", check, why, sizeof(why));
	close(fd);
	return (tb);
}

/* In slices, after the one in use. */
static struct table *
read_after(const struct table *old, const char *text, unsigned int slice)
{
	struct table_reader	*rd;
	struct table		*tb = NULL;
	enum table_state	 state;
	int			 fd = file(text, strlen(text));

	if ((rd = table_open(fd, "tab", old, NULL)) == NULL)
		abort();
	if (old != NULL)
		table_whole(rd);
	while ((state = table_step(rd, slice, why, sizeof(why))) == TABLE_MORE)
		continue;
	if (state == TABLE_DONE)
		tb = table_take(rd);
	else
		table_cancel(rd);
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
		{ "value with colons", "joe 1:2:/x:y z\n", "joe",
		    "1:2:/x:y z" },
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
		{ "a 1\nb\n", "tab:2: no value after the key" },
		{ "\n# x\na:\n", "tab:3: no value after the key" },
		{ "a 1\n:x\n", "tab:2: no key" },
		{ "[::1 x\n", "tab:1: no value after the key" },
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
		CHECK((table_userinfo(cases[i].text, &ui) == NULL) ==
		    cases[i].good, "%s", cases[i].text);
	CHECK(table_userinfo("7:8:/a:b", &ui) == NULL && ui.ui_uid == 7 &&
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
	CHECK(strcmp(table_hash("$2b$04$x"), "$2b$04$x") == 0, "bare");
	CHECK(strcmp(table_hash("joe:$2b$04$x"), "$2b$04$x") == 0,
	    "user:hash");
	CHECK(strcmp(table_hash("joe:"), "") == 0, "empty");
}

/* What a table should be, the plain way. */
#define MODEL_KEYS	64

struct model {
	int		 mo_value[MODEL_KEYS];	/* -1: not there */
	unsigned int	 mo_line[MODEL_KEYS];
	size_t		 mo_count;
	char		 mo_text[200 * 32];
};

static uint32_t
number(uint32_t below)
{
	static uint32_t	 seed = 20201;

	seed = seed * 1664525 + 1013904223;
	return ((seed >> 8) % below);
}

/* Random lines, with comments, odd letters and equal keys. */
static void
model_make(struct model *mo, unsigned int lines, uint32_t keys)
{
	char		*p = mo->mo_text;
	unsigned int	 i;
	uint32_t	 k;

	memset(mo, 0, sizeof(*mo));
	memset(mo->mo_value, -1, sizeof(mo->mo_value));
	for (i = 1; i <= lines; i++) {
		if (number(8) == 0) {
			p += sprintf(p, number(2) ? "\n" : " # no\n");
			continue;
		}
		k = number(keys);
		if (mo->mo_value[k] == -1)
			mo->mo_count++;
		mo->mo_value[k] = number(1000000);
		mo->mo_line[k] = i;
		p += sprintf(p, "%s%u%s%d%s\n", number(2) ? "key" : " KeY", k,
		    number(2) ? " \t" : ":", mo->mo_value[k],
		    number(2) ? "" : " \r");
	}
}

static void
model_same(const struct model *mo, const struct table *tb)
{
	const struct table_row	*tr;
	char			 key[32];
	int			 k;

	CHECK(table_count(tb) == mo->mo_count && table_row(tb,
	    mo->mo_count) == NULL, "%zu rows", table_count(tb));
	for (k = 0; k < MODEL_KEYS; k++) {
		snprintf(key, sizeof(key), "kEy%d", k);
		tr = table_find(tb, key);
		CHECK((tr != NULL) == (mo->mo_value[k] != -1), "%s", key);
		CHECK(tr == NULL || (atoi(tr->tr_value) == mo->mo_value[k] &&
		    tr->tr_line == mo->mo_line[k]), "%s: line %u", key,
		    tr == NULL ? 0 : tr->tr_line);
	}
}

/* How many keys only the first has. */
static size_t
model_only(const struct model *a, const struct model *b)
{
	size_t	 n = 0;
	int	 k;

	for (k = 0; k < MODEL_KEYS; k++)
		n += a->mo_value[k] != -1 && b->mo_value[k] == -1;
	return (n);
}

static void
random_tables(void)
{
	static struct model	 mo[2];
	struct table		*old = NULL, *tb;
	unsigned int		 i;

	memset(mo[1].mo_value, -1, sizeof(mo[1].mo_value));
	for (i = 0; i < 400; i++) {
		/* A table without rows is another case. */
		do
			model_make(&mo[i % 2], number(200),
			    1 + number(MODEL_KEYS));
		while (mo[i % 2].mo_count == 0);
		tb = read_after(old, mo[i % 2].mo_text, 1 + number(250));
		CHECK(tb != NULL, "%s", why);
		if (tb == NULL)
			break;
		model_same(&mo[i % 2], tb);
		CHECK(tb->tb_came == model_only(&mo[i % 2], &mo[!(i % 2)]) &&
		    tb->tb_went == (old == NULL ? 0 :
		    model_only(&mo[!(i % 2)], &mo[i % 2])),
		    "%zu came, %zu went", tb->tb_came, tb->tb_went);
		table_free(old);
		old = tb;
	}
	table_free(old);
}

static void
slices(void)
{
	static struct model	 mo;
	struct table		*tb;
	unsigned int		 slice;

	model_make(&mo, 200, MODEL_KEYS);
	for (slice = 1; slice <= 201; slice++) {
		tb = read_after(NULL, mo.mo_text, slice);
		CHECK(tb != NULL, "%u: %s", slice, why);
		model_same(&mo, tb);
		table_free(tb);
		CHECK(read_after(NULL, "a 1\n# x\nb 2\nc\nd 3\n",
		    slice) == NULL, "a bad line was read");
		CHECK(strcmp(why, "tab:4: no value after the key") == 0,
		    "%u: %s", slice, why);
	}
}

/* A slice has this many lines at most. */
static void
slice_lengths(void)
{
	struct table_reader	*rd;
	int			 fd, steps = 0;

	fd = file("a 1\nb 2\nc 3\nd 4\ne 5\nf 6\n", 24);
	rd = table_open(fd, "tab", NULL, NULL);
	while (table_step(rd, 2, why, sizeof(why)) == TABLE_MORE)
		steps++;
	/* Room, text, its check and index; then three times two lines. */
	CHECK(steps == 6, "%d steps before the last", steps);
	table_cancel(rd);
	/* Given up at any time. */
	rd = table_open(fd, "tab", NULL, NULL);
	table_cancel(rd);
	rd = table_open(fd, "tab", NULL, NULL);
	CHECK(table_step(rd, 1, why, sizeof(why)) == TABLE_MORE, "%s", why);
	table_cancel(rd);
	table_cancel(NULL);
	close(fd);
}

/* A change after this many steps of reading a file of this age. */
static int
changed(int (*change)(int), int after, useconds_t age)
{
	char			 text[1000];
	struct table_reader	*rd;
	enum table_state	 state;
	struct stat		 st;
	int			 fd, i = 0;

	memset(text, 'x', sizeof(text));
	for (i = 9; i < 1000; i += 10) {
		text[i - 5] = ' ';
		text[i] = '\n';
	}
	fd = file(text, sizeof(text));
	rd = table_open(fd, "tab", NULL, NULL);
	/* Some systems set its time now. */
	CHECK(fstat(fd, &st) == 0, "fstat");
	usleep(age);
	for (i = 0; (state = table_step(rd, 2, why, sizeof(why))) ==
	    TABLE_MORE; i++)
		if (i == after && change(fd) == -1)
			abort();
	table_cancel(rd);
	close(fd);
	return (state == TABLE_BAD && strcmp(why,
	    "tab: changed while being read") == 0);
}

static int
shrink(int fd)
{
	return (ftruncate(fd, 500));
}

static int
grow(int fd)
{
	return (pwrite(fd, "new 1\n", 6, 1000) == 6 ? 0 : -1);
}

static int
rewrite(int fd)
{
	return (pwrite(fd, "y", 1, 3) == 1 ? 0 : -1);
}

static void
changes(void)
{
	int	 after;

	for (after = 0; after < 8; after++) {
		CHECK(changed(shrink, after, TICKS), "shrunk: %s", why);
		CHECK(changed(grow, after, TICKS), "grown: %s", why);
		CHECK(changed(rewrite, after, TICKS), "written: %s", why);
	}
	/* Of what it had, the same time of the file says nothing. */
	for (after = 1; after < 8; after++)
		CHECK(changed(rewrite, after, 0), "at once: %s", why);
	/* Once it is loaded, nothing matters. */
	CHECK(!changed(shrink, 20, TICKS), "%s", why);
}

static void
losses(void)
{
	static const struct {
		const char	*old, *text, *want;
	} cases[] = {
		{ "a 1\n", "", "tab:1: no entries" },
		{ "a 1\n", "# a 1\n\n", "tab:2: no entries" },
		{ "a 1\n", "a 1\nb 2",
		    "tab:2: no newline at the end: cut short?" },
		{ "a 1", "a 1", "tab:1: no newline at the end: cut short?" },
		{ "a 1\n", "a 1\n# b",
		    "tab:2: no newline at the end: cut short?" },
		{ "", "", "" },
		{ "", "a 1\n", "" },
		{ "a 1", "a 1\n", "" },
		{ NULL, "", "" },
		{ NULL, "a 1", "" }
	};
	struct table	*old, *tb;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		old = cases[i].old == NULL ? NULL : read_text(cases[i].old);
		tb = read_after(old, cases[i].text, 1);
		CHECK((tb == NULL) == (cases[i].want[0] != '\0') &&
		    strcmp(why, cases[i].want) == 0, "case %zu: %s", i, why);
		if (cases[i].old == NULL)
			CHECK(table_doubt(tb) != NULL, "no doubt");
		table_free(old);
		table_free(tb);
	}
	tb = read_text("b 1\n# x\na 2\nb 3\n\n");
	CHECK(table_doubt(tb) == NULL, "%s", table_doubt(tb));
	CHECK(table_last(tb) == 4, "last %u", table_last(tb));
	table_free(tb);
}

static char	 told[256];
static int	 told_level;

static void
sink(int level, const char *text)
{
	told_level = level;
	snprintf(told, sizeof(told), "%s", text);
}

static void
news(void)
{
	static const struct {
		const char	*text, *want;
	} cases[] = {
		{ "a 1\nb 2\nc 3\nd 4\n",
		    "tab: 4 users, 0 new, 0 changed, 0 gone" },
		{ "a 1\nb 2\nA 3\n",
		    "tab: 2 users, 0 new, 1 changed, 2 gone" },
		{ "a 3\nb x\na 1\nc\t3\nd 4\n",
		    "tab: 4 users, 0 new, 1 changed, 0 gone" },
		{ "a 1\nx 1\n", "tab: 3 of 4 users are gone, 1 are new, "
		    "0 changed" }
	};
	struct table	*old = read_text("a 1\nb 2\nc 3\nd 4\n"), *tb;
	size_t		 i;
	int		 calm = 0;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tb = read_after(old, cases[i].text, 1);
		table_tell(tb, "tab");
		CHECK(strcmp(told, cases[i].want) == 0, "%s", told);
		if (i == 0)
			calm = told_level;
		CHECK((told_level != calm) == (i == 3), "level %d", told_level);
		table_free(tb);
	}
	table_free(old);
}

static void
repeated(void)
{
	struct table_reader	*rd;
	struct table		*tb;
	int			 fd = file("a 1\nb 2\nA 3\n", 12);

	told[0] = '\0';
	rd = table_open(fd, "tab", NULL, NULL);
	table_warn(rd);
	while (table_step(rd, 1, why, sizeof(why)) == TABLE_MORE)
		;
	tb = table_take(rd);
	CHECK(strcmp(told, "tab:3: \"a\" is also on line 1: this one is used")
	    == 0, "%s", told);
	CHECK(table_repeats(tb) == 1, "%zu", table_repeats(tb));
	table_free(tb);
	close(fd);
}

/* A child that looks at a table dies of it: there is nothing. */
static void
inheritance(void)
{
	struct table	*tb = read_text("a 1\n");
	const char	*value = table_find(tb, "a")->tr_value;
	pid_t		 pid;
	int		 status;

	if ((pid = fork()) == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(value[0] == '1' ? 0 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid, "waitpid");
	CHECK(WIFSIGNALED(status), "status %#x", status);
	CHECK(strcmp(table_find(tb, "a")->tr_value, "1") == 0, "the parent");
	table_free(tb);
}

/* The values that the authors of SipHash give. */
static void
siphash(void)
{
	SIPHASH_KEY	 key;
	unsigned char	 octets[16];
	size_t		 i;

	for (i = 0; i < sizeof(octets); i++)
		octets[i] = i;
	memcpy(&key, octets, sizeof(key));
	CHECK(SipHash24(&key, octets, 15) == 0xa129ca6149be45e5, "15 octets");
	CHECK(SipHash24(&key, octets, 0) == 0x726fdb47dd0e0e31, "none");
	CHECK(SipHash24(&key, octets, 8) == 0x93f5f5799a932462, "8 octets");
}

int
main(void)
{
	log_init("table");
	log_to(sink);
	unit_case("table: syntax of smtpd's files");
	syntax();
	unit_case("table: errors name file and line");
	errors();
	unit_case("table: uid:gid:directory, strictly");
	userinfo();
	unit_case("table: two thousand rows, hashes");
	rows();
	unit_case("table: random tables, and what is new in them");
	random_tables();
	unit_case("table: slices of every size");
	slices();
	slice_lengths();
	unit_case("table: one that changes while it is read is bad");
	changes();
	unit_case("table: one that lost something does not replace another");
	losses();
	unit_case("table: added and removed users are logged");
	news();
	unit_case("table: a name on two lines is told of");
	repeated();
	unit_case("table: fork(2) does not copy a table");
	inheritance();
	unit_case("table: the hash of its index");
	siphash();
	return (unit_done());
}
