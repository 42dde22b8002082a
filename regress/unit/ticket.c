/*
 * link: hashpop/ticket.o lib/secret.o lib/hmac.o $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Tickets: valid for one user and one secret, for a minute; and the age of a
 * proxy's challenge.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "hashpop/ticket.h"
#include "secret.h"
#include "unit.h"

#define NOW	1790000000

/* What the cases of one scenario share. */
static struct {
	char	 one[TICKET_TEXT];
} test;

static void
test_one_user(void)
{
	const char	*entry = "{PLAIN}tanstaaf";
	char		 stored[SECRET_CRAM_TEXT], two[TICKET_TEXT];

	unit_case("a ticket is for one user with one secret");
	secret_text("tanstaaf", stored, sizeof(stored));
	ticket_make(entry, "joe", NOW, test.one, sizeof(test.one));
	ticket_make(entry, "joe", NOW, two, sizeof(two));
	CHECK(strlen(test.one) == TICKET_TEXT - 1, "%s", test.one);
	CHECK(strcmp(test.one, two) != 0, "%s", test.one);
	CHECK(ticket_match(entry, "joe", test.one, NOW), "one");
	CHECK(ticket_match(entry, "joe", two, NOW), "two");
	CHECK(ticket_match(stored, "joe", test.one, NOW),
	    "stored in another way");
	CHECK(!ticket_match(entry, "ann", test.one, NOW), "user");
	CHECK(!ticket_match("{PLAIN}tanstaag", "joe", test.one, NOW), "secret");
	CHECK(!ticket_match(entry, "joe", "", NOW), "nothing");
}

static void
test_minute(void)
{
	const char	*entry = "{PLAIN}tanstaaf";

	unit_case("and for a minute");
	CHECK(ticket_match(entry, "joe", test.one, NOW + TICKET_SECONDS),
	    "late");
	CHECK(ticket_match(entry, "joe", test.one, NOW - TICKET_SECONDS),
	    "clock");
	CHECK(!ticket_match(entry, "joe", test.one, NOW + TICKET_SECONDS + 1),
	    "too late");
	CHECK(!ticket_match(entry, "joe", test.one, NOW - TICKET_SECONDS - 1),
	    "too early");
}

static void
test_octets(void)
{
	const char	*entry = "{PLAIN}tanstaaf";
	size_t		 i;

	unit_case("no octet of it can be another");
	for (i = 0; i < TICKET_TEXT - 1; i++) {
		test.one[i] ^= 1;
		CHECK(!ticket_match(entry, "joe", test.one, NOW), "%zu", i);
		test.one[i] ^= 1;
	}
}

static void
test_salt(void)
{
	static const struct {
		const char	*salt;
		int		 good;
	} rows[] = {
		{ "<1234567.1790000000@mail.example.org>", 1 },
		{ "<1.1790000300@m>", 1 }, { "<1.1789999700@m>", 1 },
		{ "<1.1790000301@m>", 0 }, { "<1.1789999699@m>", 0 },
		{ "<1.1790000000@popd>", 0 }, { "<1.1790000000>", 0 },
		{ "<1.@m>", 0 }, { "<1.-1@m>", 0 }, { "<1@m.1790000000>", 0 },
		{ "<1.1790000000x@m>", 0 }, { "1.1790000000@m>", 0 },
		{ "<1.17900000001790000000179@m>", 0 }, { "", 0 },
		{ "<1.1.1790000000@m>", 0 }, { "<1.1790000000@a@popd>", 0 }
	};
	size_t	 i;

	unit_case("a proxy's challenge is of now, and not one of ours");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(ticket_salt(rows[i].salt, NOW) == rows[i].good, "%s",
		    rows[i].salt);
}

int
main(void)
{
	test_one_user();
	test_minute();
	test_octets();
	test_salt();
	return (unit_done());
}
