/* link: mail/mbox.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An mbox split into messages: the kind of each line, with the octets in any
 * pieces, compared with a slow reader.
 */

#include <sys/types.h>

#include <stdint.h>

#include "mbox.h"
#include "mboxoracle.h"
#include "unit.h"

static int
on_begin(void *arg, uint64_t offset)
{
	told_begin(arg, (unsigned long long)offset);
	return (0);
}

static int
on_data(void *arg, const void *data, size_t len)
{
	CHECK(len > 0, "a piece of nothing");
	told_add(arg, data, len);
	return (0);
}

static int
on_end(void *arg)
{
	told_add(arg, "E", 1);
	return (0);
}

static const struct mbox_calls	calls = {
	on_begin, on_data, on_end, told_peek
};

/* A separator of 32 octets. */
#define DATE	" Mon Nov  2 08:00:00 2026"
#define FROM	"From a" DATE "\n"

/* In three pieces. */
static enum mbox_result
in_pieces(const char *text, size_t len, size_t a, size_t b, struct told *to)
{
	struct mbox		 mx;
	enum mbox_result	 r;

	mbox_init(&mx, &calls, to, 0);
	if ((r = mbox_feed(&mx, text, a)) != MBOX_OK ||
	    (r = mbox_feed(&mx, text + a, b - a)) != MBOX_OK ||
	    (r = mbox_feed(&mx, text + b, len - b)) != MBOX_OK)
		return (r);
	return (mbox_finish(&mx));
}

/* Split a text in any pieces; return what comes out, NULL: not an mbox. */
static char *
split(const char *text)
{
	struct told		 to, oracle = { NULL, 0, NULL, 0 };
	size_t			 len = strlen(text), a, b;
	enum mbox_result	 r;
	int			 good;

	told_add(&oracle, "", 0);
	good = oracle_mbox(text, len, &oracle);
	oracle.to_text[oracle.to_len] = '\0';
	for (a = 0; a <= len; a++)
		for (b = a; b <= len; b++) {
			memset(&to, 0, sizeof(to));
			to.to_data = text;
			to.to_size = len;
			told_add(&to, "", 0);
			r = in_pieces(text, len, a, b, &to);
			CHECK(r == (good ? MBOX_OK : MBOX_FOREIGN),
			    "%s: result %d", text, (int)r);
			CHECK(!good || strcmp(to.to_text, oracle.to_text) == 0,
			    "%s in %zu and %zu: %s, not %s", text, a, b,
			    to.to_text, oracle.to_text);
			free(to.to_text);
		}
	if (!good) {
		free(oracle.to_text);
		return (NULL);
	}
	return (oracle.to_text);
}

/* Check the result for a text; "-": not an mbox. */
static void
is(const char *text, const char *want)
{
	char	*got = split(text);

	CHECK((got == NULL) == (strcmp(want, "-") == 0), "%s", text);
	CHECK(got == NULL || strcmp(got, want) == 0, "%s: %s", text, got);
	free(got);
}

static int
on_second(void *arg, uint64_t offset)
{
	told_begin(arg, (unsigned long long)offset);
	return (offset > 0);
}

/* Start somewhere in a text, perhaps inside a message. */
static void
from(const struct mbox_calls *some, const char *text, uint64_t at, int inside,
    enum mbox_result r, const char *want)
{
	struct told	 to = { NULL, 0, text, strlen(text) };
	struct mbox	 mx;

	mbox_init(&mx, some, &to, at);
	if (inside)
		mbox_resume(&mx);
	CHECK(mbox_feed(&mx, text + at, strlen(text + at)) == r, "result");
	CHECK(r == MBOX_STOPPED || mbox_finish(&mx) == r, "end");
	CHECK(strcmp(to.to_text, want) == 0, "%s", to.to_text);
	free(to.to_text);
}

static void
test_stop(void)
{
	static const struct mbox_calls	 some = {
		on_second, on_data, on_end, told_peek
	};
	static const char		 text[] = FROM "x\n\n" FROM "y\n";

	unit_case("a reader may stop before a message, where another goes on");
	from(&some, text, 0, 0, MBOX_STOPPED, "B0\nx\nEB35\n");
	from(&calls, text, 35, 0, MBOX_OK, "B35\ny\nE");
	from(&calls, text, 32, 1, MBOX_OK, "B32\nx\nEB35\ny\nE");
}

static ssize_t
no_peek(void *arg, uint64_t offset, void *buf, size_t len)
{
	return (-1);
}

static void
test_unreadable(void)
{
	static const struct mbox_calls	 none = {
		on_begin, on_data, on_end, no_peek
	};
	struct told			 to = { NULL, 0, NULL, 0 };
	struct mbox			 mx;

	unit_case("what cannot be read is neither a separator nor foreign");
	mbox_init(&mx, &none, &to, 0);
	CHECK(mbox_feed(&mx, FROM, strlen(FROM)) == MBOX_STOPPED, "result");
	CHECK(to.to_text == NULL, "%s", to.to_text);
}

static void
test_messages(void)
{
	unit_case("nothing, one message, two");
	is("", "");
	is(FROM, "B0\nE");
	is(FROM "x\n\n", "B0\nx\nE");
	is(FROM "x\n\n" FROM "\ny\n\n", "B0\nx\nEB35\n\ny\nE");
	is(FROM "\n" FROM "\n", "B0\nEB33\nE");
}

static void
test_empty_lines(void)
{
	unit_case("one empty line is between two messages");
	is(FROM "x\n\n\n" FROM "y\n\n\n", "B0\nx\n\nEB36\ny\n\nE");
	is("From a" DATE "\r\nx\r\n\r\nFrom b" DATE "\r\ny\r\n\r\n",
	    "B0\nx\r\nEB38\ny\r\nE");
}

static void
test_lines_before(void)
{
	unit_case("empty lines before the first");
	is("\n" FROM "x\n", "B1\nx\nE");
	is("\r\n\n\n" FROM, "B4\nE");
	is("\n", "");
}

static void
test_from(void)
{
	unit_case("From inside a message");
	is(FROM "x\n" FROM "y\n", "B0\nx\n" FROM "y\nE");
	is(FROM FROM "y\n", "B0\n" FROM "y\nE");
	is(FROM "x\n\nFromage\nFro\nF\nFr", "B0\nx\n\nFromage\nFro\nF\nFrE");
	is(FROM "\n\r" FROM, "B0\n\n\r" FROM "E");
	is(FROM "x\n\nFrom the start\n\nFrom ",
	    "B0\nx\n\nFrom the start\n\nFrom E");
}

static void
test_forms(void)
{
	static const char *const	 good[] = {
		"a@b.test  Mon Nov 23 12:21:07 2026",		/* procmail */
		"  Mon Nov 23 12:21:08 2026",			/* no sender */
		" Mon Nov 23 12:22:22 2026",			/* mail.local */
		"\"john doe\"@b.test  Mon Nov 23 12:21:07 2026",
		"MAILER-DAEMON  Mon Nov  2 12:21:07 2026",	/* Postfix */
		"- Mon Nov 02 08:00:00 2026",
		"a Mon Nov  2 08:00 2026",
		"a Mon Nov  2 08:00:00 CET 2026",
		"a Mon Nov  2 08:00:00 +0100 2026",
		"a Mon Nov  2 08:00:00 MET DST 2026",
		"a Mon Nov  2 08:00 CET 2026", "a tue nov 10 23:59:61 1970",
		"a Mon Nov  2  8:00:00 2026",
		"a Mon Nov  2 08:00:00 2026 +0100",
		"a Mon Nov  2 08:00:00 2026 remote from host"
	}, *const			 bad[] = {
		"", "a", "a\n", "a Mon", "a Mon Nov  2",
		"Mon Nov  2 08:00:00 2026",
		"a Mon Nov  2 2026", "a Mon Nov  2 08:00:00",
		"a Mon Nov  2 08:00:00 20260",
		"a Mon Nov  2 08:00:00 x y z 2026",
		"a Mun Nov  2 08:00:00 2026", "a Mon Nev  2 08:00:00 2026",
		"a Mon Nov 32 08:00:00 2026", "a Mon Nov  0 08:00:00 2026",
		"a Mon Nov  2 24:00:00 2026", "a Mon Nov  2 08:60:00 2026",
		"a Monday Nov2 08:00:00 2026", "a Mon November 2 08:00 2026",
		"a Mon Nov  2 8:00:00 2026", "a Mon Nov  2\t08:00:00 2026",
		"a Mon Nov 2 08:00:00 2026",
		"aMon Nov  2 08:00:00 2026", "a Mon, 2 Nov 2026 08:00:00"
	};
	char				 text[256], want[256];
	unsigned int			 i;

	unit_case("sender and date of a separator");
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), FROM "x\n\nFrom %s\ny\n", good[i]);
		is(text, "B0\nx\nEB35\ny\nE");
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), FROM "x\n\nFrom %s\ny\n", bad[i]);
		snprintf(want, sizeof(want), "B0\nx\n\nFrom %s\ny\nE", bad[i]);
		is(text, want);
		is(strstr(text, "\n\n") + 2, "-");
	}
}

static void
test_long(void)
{
	char	 text[2 * MBOX_LINE_MAX], *at;
	int	 more;

	unit_case("the longest separator");
	for (more = 0; more < 2; more++) {
		at = text + snprintf(text, sizeof(text), "From ");
		memset(at, 'a', MBOX_LINE_MAX);
		at += MBOX_LINE_MAX - strlen(FROM) + more;
		strlcpy(at, DATE "\n", 100);
		CHECK(strlen(text) == (size_t)(MBOX_LINE_MAX - 1 + more),
		    "%zu", strlen(text));
		from(&calls, text, 0, 0, more > 1 ? MBOX_FOREIGN : MBOX_OK,
		    "B0\nE");
	}
}

/* A body of 41 octets, with a line that looks like a separator. */
#define BODY	"x\n\n" FROM ">From \n"

/* Check whether a length of 42 is believed before what follows. */
static void
length(const char *header, const char *next, int good)
{
	char	 text[512], *got;

	snprintf(text, sizeof(text), FROM "%s\n" BODY "%s", header, next);
	got = split(text);
	CHECK(got != NULL && (strstr(got, BODY) != NULL) == good, "%s: %s",
	    text, got);
	free(got);
}

static void
test_length(void)
{
	static const char *const	 good[] = {
		"Content-Length: 42\n", "Content-Length:42\n",
		"content-length:      0042\n", "CONTENT-LENGTH:\t42\r\n",
		"Content-Length: 3\nx: y\nContent-Length: 42\nx: y\n"
	}, *const			 bad[] = {
		"Content-Length: 0\n", "Content-Length: 41\n",
		"Content-Length: 3\n", "Content-Length: 44\n",
		"Content-Length: -42\n", "Content-Length: 42 \n",
		"Content-Length : 42\n", "xContent-Length: 42\n",
		"Content-Length: 42\nContent-Length: 3\n",
		"Content-Length: 42\nContent-Length: x\n",
		"Content-Length: 18446744073709551658\n",
		"x: y\n Content-Length: 42\n", "\nContent-Length: 42\n"
	};
	size_t				 i;

	unit_case("a length is believed if there is a separator or the end");
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		length(good[i], "\n" FROM "y\n", 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		length(bad[i], "\n" FROM "y\n", 0);
	length(good[0], "", 1);
	length(good[0], "\n", 1);
	length(good[0], "\r\n", 1);
	length(good[0], "\r\n" FROM, 1);
	length("Content-Length: 43\n", "\n" FROM, 1);
	length(good[0], "\n\n", 0);
	length(good[0], "\n\n" FROM, 0);
	length(good[0], FROM, 0);
	length(good[0], "y\n" FROM, 0);
	length(good[0], "\nFrom a\n", 0);
	length("Content-Length: 45\n", "\n\n", 0);
	is(FROM "Content-Length: 32\n\n" FROM,
	    "B0\nContent-Length: 32\n\n" FROM "E");
	is(FROM "Content-Length: 35\n\nx\n\n" FROM "\n" FROM "y\n",
	    "B0\nContent-Length: 35\n\nx\n\n" FROM "EB88\ny\nE");
}

static void
test_quoted(void)
{
	unit_case("quoted From");
	is(FROM "x\n\n>From b\n>>From c\n>>>Fromage\n>\n>> From\n",
	    "B0\nx\n\nFrom b\n>From c\n>>>Fromage\n>\n>> From\nE");
	is(FROM ">From", "B0\n>FromE");
	is(FROM ">>From ", "B0\n>From E");
}

static void
test_last_line(void)
{
	unit_case("no end of the last line");
	is("From a" DATE, "B0\nE");
	is(FROM "x", "B0\nxE");
	is(FROM "x\n\r", "B0\nx\n\rE");
	is(FROM "x\n\n>", "B0\nx\n\n>E");
}

static void
test_no_mailbox(void)
{
	unit_case("no mailbox");
	is("From", "-");
	is("From ", "-");
	is("From a\n", "-");
	is("\n\nx\n\n" FROM, "-");
	is(">" FROM, "-");
	is("\177ELF\n\n" FROM, "-");
}

int
main(void)
{
	test_messages();
	test_empty_lines();
	test_lines_before();
	test_from();
	test_forms();
	test_long();
	test_length();
	test_quoted();
	test_last_line();
	test_no_mailbox();
	test_stop();
	test_unreadable();
	return (unit_done());
}
