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

static const struct mbox_calls	calls = { on_begin, on_data, on_end };

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

/* Check the result for a text, split anywhere; "-": not an mbox. */
static void
is(const char *text, const char *want)
{
	struct told		 to, oracle = { NULL, 0 };
	size_t			 len = strlen(text), a, b;
	enum mbox_result	 r;
	int			 good;

	told_add(&oracle, "", 0);
	good = oracle_mbox(text, len, &oracle);
	CHECK(good == (strcmp(want, "-") != 0), "oracle of %s", text);
	if (good)
		CHECK(strlen(want) == oracle.to_len &&
		    memcmp(oracle.to_text, want, oracle.to_len) == 0,
		    "oracle of %s: %s", text, oracle.to_text);
	for (a = 0; a <= len; a++)
		for (b = a; b <= len; b++) {
			memset(&to, 0, sizeof(to));
			told_add(&to, "", 0);
			r = in_pieces(text, len, a, b, &to);
			CHECK(r == (good ? MBOX_OK : MBOX_FOREIGN),
			    "%s: result %d", text, (int)r);
			CHECK(!good || strcmp(to.to_text, want) == 0,
			    "%s in %zu and %zu: %s", text, a, b, to.to_text);
			free(to.to_text);
		}
	free(oracle.to_text);
}

static int
on_second(void *arg, uint64_t offset)
{
	told_begin(arg, (unsigned long long)offset);
	return (offset > 0);
}

static void
test_stop(void)
{
	static const struct mbox_calls	 some = { on_second, on_data, on_end };
	static const char		 text[] = "From a\nx\n\nFrom b\ny\n";
	struct told			 to = { NULL, 0 };
	struct mbox			 mx;

	unit_case("a reader may stop before a message");
	mbox_init(&mx, &some, &to, 0);
	CHECK(mbox_feed(&mx, text, strlen(text)) == MBOX_STOPPED, "no stop");
	CHECK(strcmp(to.to_text, "B0\nx\nEB10\n") == 0, "%s", to.to_text);
	free(to.to_text);
}

static void
test_go_on(void)
{
	static const char	 text[] = "From a\nx\n\nFrom b\ny\n";
	struct told		 to = { NULL, 0 };
	struct mbox		 mx;

	unit_case("another reader continues there");
	mbox_init(&mx, &calls, &to, 10);
	CHECK(mbox_feed(&mx, text + 10, strlen(text) - 10) == MBOX_OK &&
	    mbox_finish(&mx) == MBOX_OK, "does not");
	CHECK(strcmp(to.to_text, "B10\ny\nE") == 0, "%s", to.to_text);
	free(to.to_text);
}

static void
test_resume(void)
{
	static const char	 text[] = "st of it\n\nFrom b\ny\n";
	struct told		 to = { NULL, 0 };
	struct mbox		 mx;

	unit_case("or takes the rest of a message");
	mbox_init(&mx, &calls, &to, 7);
	mbox_resume(&mx);
	CHECK(mbox_feed(&mx, text, strlen(text)) == MBOX_OK &&
	    mbox_finish(&mx) == MBOX_OK, "does not");
	CHECK(strcmp(to.to_text, "B7\nst of it\nEB17\ny\nE") == 0, "%s",
	    to.to_text);
	free(to.to_text);
}

static void
test_messages(void)
{
	unit_case("nothing, one message, two");
	is("", "");
	is("From a\n", "B0\nE");
	is("From a\nx\n\n", "B0\nx\nE");
	is("From a\nx\n\nFrom b\n\ny\n\n", "B0\nx\nEB10\n\ny\nE");
	is("From a\n\nFrom b\n\n", "B0\nEB8\nE");
}

static void
test_empty_lines(void)
{
	unit_case("one empty line is between two messages");
	is("From a\nx\n\n\nFrom b\ny\n\n\n", "B0\nx\n\nEB11\ny\n\nE");
	is("From a\r\nx\r\n\r\nFrom b\r\ny\r\n\r\n",
	    "B0\nx\r\nEB13\ny\r\nE");
}

static void
test_lines_before(void)
{
	unit_case("empty lines before the first");
	is("\nFrom a\nx\n", "B1\nx\nE");
	is("\r\n\n\nFrom a\n", "B4\nE");
	is("\n", "");
}

static void
test_from(void)
{
	unit_case("From inside a message");
	is("From a\nx\nFrom b\ny\n", "B0\nx\nFrom b\ny\nE");
	is("From a\nFrom b\ny\n", "B0\nFrom b\ny\nE");
	is("From a\nx\n\nFromage\nFro\nF\nFr", "B0\nx\n\nFromage\nFro\nF\nFrE");
	is("From a\n\n\rFrom b\n", "B0\n\n\rFrom b\nE");
}

static void
test_quoted(void)
{
	unit_case("quoted From");
	is("From a\nx\n\n>From b\n>>From c\n>>>Fromage\n>\n>> From\n",
	    "B0\nx\n\nFrom b\n>From c\n>>>Fromage\n>\n>> From\nE");
	is("From a\n>From", "B0\n>FromE");
	is("From a\n>>From ", "B0\n>From E");
}

static void
test_last_line(void)
{
	unit_case("no end of the last line");
	is("From a", "B0\nE");
	is("From a\nx", "B0\nxE");
	is("From a\nx\n\r", "B0\nx\n\rE");
	is("From a\nx\n\n>", "B0\nx\n\n>E");
}

static void
test_no_mailbox(void)
{
	unit_case("no mailbox");
	is("From", "-");
	is("\n\nx\n\nFrom a\n", "-");
	is(">From a\n", "-");
	is("\177ELF\n\nFrom a\n", "-");
}

int
main(void)
{
	test_messages();
	test_empty_lines();
	test_lines_before();
	test_from();
	test_quoted();
	test_last_line();
	test_no_mailbox();
	test_stop();
	test_go_on();
	test_resume();
	return (unit_done());
}
