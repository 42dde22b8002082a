/* link: lmtppop/decode.o lmtppop/path.o lib/utf8.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Parsing of LMTP: paths and data. */

#include <string.h>

#include "lmtppop/decode.h"
#include "lmtppop/path.h"

#include "unit.h"

#define ADDRESS_64	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* Decode DATA in pieces to out.  Return the octets used. */
static size_t
data_pieces(const char *in, size_t len, size_t piece, char *out, size_t *made,
    enum decode_state *state)
{
	size_t	 done = 0, n, some, used;

	*state = TEXT_START;
	*made = 0;
	while (done < len && *state != TEXT_END) {
		n = len - done < piece ? len - done : piece;
		used = decode_data(state, in + done, n, out + *made, &some);
		CHECK(some <= n + TEXT_MORE, "%zu of %zu", some, n);
		*made += some;
		done += used;
	}
	return (done);
}

static void
test_data(void)
{
	static const struct {
		const char	*in, *out;
		size_t		 rest;	/* octets after the end */
	}		 cases[] = {
		{ ".\r\n", "", 0 },
		{ ".\r\nQUIT\r\n", "", 6 },
		{ "a\r\n.\r\nx", "a\n", 1 },
		{ "\r\n.\r\n", "\n", 0 },
		{ "..\r\n.\r\n", ".\n", 0 },
		{ ".a\r\n...\r\n.\r\n", "a\n..\n", 0 },
		{ "a\n.\n.\r\nb\r\n.\r\n", "a\n.\n.\nb\n", 0 },
		{ "a\r.\r\r\n.\r\n", "a\r.\r\n", 0 },
		{ ".\rb\r\n.\r\n", "\rb\n", 0 },
		{ ".\r\r\n.\r\n", "\r\n", 0 },
		{ ".\nb\r\n.\r\n", "\nb\n", 0 },
		{ "\r\r\r\n.\r\n", "\r\r\n", 0 },
		{ "\n\r\n.\r\n", "\n\n", 0 }
	};
	enum decode_state	 state;
	char		 out[256];
	size_t		 i, piece, len, used, made;

	unit_case("DATA: dots, lone CR and LF, the end, in any pieces");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = strlen(cases[i].in);
		for (piece = 1; piece <= len; piece++) {
			used = data_pieces(cases[i].in, len, piece, out, &made,
			    &state);
			CHECK(state == TEXT_END && used ==
			    len - cases[i].rest, "case %zu by %zu", i, piece);
			CHECK(made == strlen(cases[i].out) && memcmp(out,
			    cases[i].out, made) == 0, "case %zu by %zu", i,
			    piece);
		}
	}
}

static void
test_chunk(void)
{
	static const char	*cases[][2] = {
		{ "", "" }, { "a", "a" }, { ".\r\n", ".\n" },
		{ "\r", "\r" }, { "a\r\r\nb\n\r", "a\r\nb\n\r" },
		{ "a\r\n.\r\nb", "a\n.\nb" }
	};
	enum decode_state	 state;
	char			 out[256];
	size_t			 i, j, piece, len, some, made, n;

	unit_case("BDAT: all octets, CRLF as LF, in any pieces");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = strlen(cases[i][0]);
		for (piece = 1; piece <= len + 1; piece++) {
			state = TEXT_START;
			for (j = made = 0; j < len; j += n, made += some) {
				n = len - j < piece ? len - j : piece;
				decode_chunk(&state, cases[i][0] + j, n,
				    out + made, &some);
			}
			decode_last(&state, out + made, &some);
			made += some;
			CHECK(made == strlen(cases[i][1]) && memcmp(out,
			    cases[i][1], made) == 0, "case %zu by %zu", i,
			    piece);
		}
	}
}

static void
test_path(void)
{
	static const struct {
		const char		*in;
		enum path_result	 result;
		const char		*address;
		const char		*rest;
		int			 utf8;
	}		 cases[] = {
		{ "<>", PATH_OK, "", "", 0 },
		{ "<joe>", PATH_OK, "joe", "", 0 },
		{ " <joe@x> SIZE=1", PATH_OK, "joe@x", " SIZE=1", 0 },
		{ "<@a,@b:joe@x>", PATH_OK, "joe@x", "", 0 },
		{ "<@a>", PATH_OK, "@a", "", 0 },
		{ "<\"a b>\"@x>", PATH_OK, "\"a b>\"@x", "", 0 },
		{ "<\"a\\\">\"@x>", PATH_OK, "\"a\\\">\"@x", "", 0 },
		{ "<\xc3\xa4@x>", PATH_OK, "\xc3\xa4@x", "", 1 },
		{ "<\xf4\x8f\xbf\xbf>", PATH_OK, "\xf4\x8f\xbf\xbf", "", 1 },
		{ "<\xc3>", PATH_BAD_UTF8, NULL, NULL, 0 },
		{ "<\xc0\x80>", PATH_BAD_UTF8, NULL, NULL, 0 },
		{ "<\xed\xa0\x80>", PATH_BAD_UTF8, NULL, NULL, 0 },
		{ "<\xf4\x90\x80\x80>", PATH_BAD_UTF8, NULL, NULL, 0 },
		{ "", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<", PATH_SYNTAX, NULL, NULL, 0 },
		{ "joe", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<joe", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<joe>x", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<jo e>", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<jo<e>", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<jo\\e>", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<jo\te>", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<\"joe>", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<\"a\\\xc3\"@x>", PATH_SYNTAX, NULL, NULL, 0 },
		{ "<" ADDRESS_64 ADDRESS_64 ADDRESS_64 ADDRESS_64 ">",
		    PATH_LONG, NULL, NULL, 0 }
	};
	enum path_result	 result;
	struct path		 pa;
	size_t			 i;

	unit_case("paths of MAIL and RCPT");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		result = path_parse(cases[i].in, &pa);
		CHECK(result == cases[i].result, "%s: %d", cases[i].in, result);
		if (result != PATH_OK || cases[i].address == NULL)
			continue;
		CHECK(strcmp(pa.pa_address, cases[i].address) == 0 &&
		    strcmp(pa.pa_rest, cases[i].rest) == 0 &&
		    pa.pa_utf8 == cases[i].utf8, "%s", cases[i].in);
	}
}

static void
test_keys(void)
{
	static const char	*cases[][3] = {
		{ "joe", "joe", "" },
		{ "Joe@Example.ORG", "joe@example.org", "joe" },
		{ "a@b@C", "a@b@c", "a@b" },
		{ "@x", "@x", "" },
		{ "\xc3\x84@x", "\xc3\x84@x", "\xc3\x84" }
	};
	char			 whole[USER_MAX], local[USER_MAX];
	size_t			 i;

	unit_case("the users that an address may mean");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path_keys(cases[i][0], whole, local);
		CHECK(strcmp(whole, cases[i][1]) == 0 &&
		    strcmp(local, cases[i][2]) == 0, "%s", cases[i][0]);
	}
}

static void
test_params(void)
{
	static const struct {
		const char	*in;
		enum param	 first;
		uint64_t	 value;
	}		 cases[] = {
		{ "", PARAM_NONE, 0 },
		{ "   ", PARAM_NONE, 0 },
		{ " SIZE=12 ", PARAM_SIZE, 12 },
		{ " size=999999999999999999", PARAM_SIZE,
		    999999999999999999ULL },
		{ " SIZE=1000000000000000000", PARAM_SYNTAX, 0 },
		{ " SIZE=", PARAM_SYNTAX, 0 },
		{ " SIZE=-1", PARAM_SYNTAX, 0 },
		{ " SIZE", PARAM_UNKNOWN, 0 },
		{ " body=8bitmime", PARAM_BODY, 0 },
		{ " BODY=7BIT", PARAM_BODY, 0 },
		{ " BODY=BINARYMIME", PARAM_SYNTAX, 0 },
		{ " SMTPUTF8", PARAM_SMTPUTF8, 0 },
		{ " SMTPUTF8=x", PARAM_UNKNOWN, 0 },
		{ " AUTH=<>", PARAM_UNKNOWN, 0 }
	};
	const char	*rest;
	uint64_t	 value;
	size_t		 i;
	enum param	 is;

	unit_case("parameters of MAIL");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rest = cases[i].in;
		value = 0;
		is = path_param(&rest, &value);
		CHECK(is == cases[i].first, "%s: %d", cases[i].in, is);
		CHECK(is != PARAM_SIZE || value == cases[i].value, "%s",
		    cases[i].in);
		CHECK(path_param(&rest, &value) == PARAM_NONE, "%s: more",
		    cases[i].in);
	}
}

int
main(void)
{
	test_data();
	test_chunk();
	test_path();
	test_keys();
	test_params();
	return (unit_done());
}
