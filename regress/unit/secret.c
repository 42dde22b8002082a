/*
 * link: lib/secret.o $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Shared secrets: the examples of RFC 1939 and RFC 2195, those of RFC 2202 for
 * keys of all lengths, and entries made by doveadm(1).
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "secret.h"
#include "unit.h"

#define APOP	"c4c9334bac560ecc979e58001b3e22fb"			\
	"<1896.697170952@dbc.mtview.ca.us>"
#define CRAM	"b913a602c7eda7a495b4e6e7334d3890"			\
	"<1896.697170952@postoffice.reston.mci.net>"

static void
test_rfc2195(void)
{
	unit_case("the examples of RFC 1939 and RFC 2195");
	CHECK(secret_apop("{PLAIN}tanstaaf", APOP), "APOP");
	CHECK(!secret_apop("{PLAIN}tanstaag", APOP), "another secret");
	CHECK(!secret_apop("{PLAIN}tanstaaf", APOP " "), "challenge");
	CHECK(secret_cram("{PLAIN}tanstaaftanstaaf", CRAM), "CRAM-MD5");
	CHECK(!secret_cram("{PLAIN}tanstaaf", CRAM), "another secret");
}

static void
test_doveadm(void)
{
	char	 text[SECRET_CRAM_TEXT];

	unit_case("an entry as doveadm(1) makes it");
	secret_text("tanstaaftanstaaf", text, sizeof(text));
	CHECK(strcmp(text, "{CRAM-MD5}d06d4e1b26fccaa4b0b61801132340a354b21152"
	    "711fb604ca3e035e7015116b") == 0, "%s", text);
	CHECK(secret_cram(text, CRAM), "CRAM-MD5");
	CHECK(secret_match(text, "tanstaaftanstaaf"), "password");
	CHECK(!secret_match(text, "tanstaaf"), "another");
	CHECK(!secret_match(text, text), "itself");
}

static void
test_rfc2202(void)
{
	char	 text[SECRET_CRAM_TEXT], entry[PASS_MAX];

	unit_case("RFC 2202: keys as long as a block and longer");
	snprintf(entry, sizeof(entry), "{PLAIN}%080d", 0);
	memset(entry + 7, 0xaa, 80);
	CHECK(secret_cram(entry, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"
	    "Test Using Larger Than Block-Size Key - Hash Key First"), "80");
	secret_text(entry + 7, text, sizeof(text));
	CHECK(secret_cram(text, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"
	    "Test Using Larger Than Block-Size Key - Hash Key First"), "80");
	CHECK(secret_cram("{PLAIN}Jefe", "750c783e6ab0b503eaa86e310a5db738"
	    "what do ya want for nothing?"), "4");
}

static void
test_judge(void)
{
	static const struct {
		const char	*entry;
		enum secret_kind kind;
		int		 good;
	} rows[] = {
		{ "{PLAIN}x", SECRET_PLAIN, 1 },
		{ "{plain}}", SECRET_PLAIN, 1 },
		{ "{PLAIN}", SECRET_PLAIN, -1 },
		{ "{CRAM-MD5}", SECRET_CRAM, -1 },
		{ "{CRAM-MD5}0123", SECRET_CRAM, -1 },
		{ "{CRAM-MD5}012x", SECRET_CRAM, 0 },
		{ "{CRAM-MD5}00000000000000000000000000000000"
		    "00000000000000000000000000000000", SECRET_CRAM, 1 },
		{ "{CRAM-MD5}00000000000000000000000000000000"
		    "0000000000000000000000000000000", SECRET_CRAM, -1 },
		{ "{CRAM-MD5}00000000000000000000000000000000"
		    "000000000000000000000000000000000", SECRET_CRAM, 0 },
		{ "{CRAM-MD5}0000000000000000000000000000000A"
		    "00000000000000000000000000000000", SECRET_CRAM, 0 },
		{ "PLAIN}x", SECRET_NONE, 0 }, { "", SECRET_NONE, 0 },
		{ "{CLEAR}x", SECRET_NONE, 0 }, { "{PLAIN", SECRET_NONE, 0 }
	};
	char	 entry[7 + PASS_MAX + 1];
	size_t	 i;

	unit_case("an entry, one that is cut short, and other text");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(secret_kind(rows[i].entry) == rows[i].kind, "%s",
		    rows[i].entry);
		CHECK(secret_judge(rows[i].entry) == rows[i].good, "%s",
		    rows[i].entry);
	}
	snprintf(entry, sizeof(entry), "{PLAIN}%0*d", PASS_MAX - 1, 0);
	CHECK(secret_judge(entry) == 1, "the longest");
	CHECK(secret_match(entry, entry + 7), "the longest");
	strlcat(entry, "0", sizeof(entry));
	CHECK(secret_judge(entry) == 0, "too long");
}

int
main(void)
{
	test_rfc2195();
	test_doveadm();
	test_rfc2202();
	test_judge();
	return (unit_done());
}
