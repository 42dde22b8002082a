/*
 * link: lmtppop/decode.o lmtppop/path.o lmtppop/transit.o
 * link: lib/log.o lib/setting.o lib/utf8.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* LMTP: paths, data and where it is held. */

#include <sys/types.h>
#include <sys/resource.h>

#include <errno.h>
#include <string.h>

#include "lmtppop/decode.h"
#include "lmtppop/path.h"
#include "lmtppop/transit.h"
#include "log.h"
#include "setting.h"

#include "unit.h"

#define ADDRESS_64	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define ADDRESS_200	ADDRESS_64 ADDRESS_64 ADDRESS_64 "xxxxxxxx"
#define ADDRESS_1000	ADDRESS_200 ADDRESS_200 ADDRESS_200 ADDRESS_200 \
			ADDRESS_200

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
		{ "a\r.\r\r\n.\r\n", "a\r.\r\r\n", 0 },
		{ ".\rb\r\n.\r\n", "\rb\n", 0 },
		{ ".\r\r\n.\r\n", "\r\r\n", 0 },
		{ ".\nb\r\n.\r\n", "\nb\n", 0 },
		{ "\r\r\r\n.\r\n", "\r\r\r\n", 0 },
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
		{ "\r", "\r" }, { "a\r\r\nb\n\r", "a\r\r\nb\n\r" },
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
	}		 cases[] = {
		{ "<>", PATH_OK, "", "" },
		{ "<joe>", PATH_OK, "joe", "" },
		{ " <joe@x> SIZE=1", PATH_OK, "joe@x", " SIZE=1" },
		{ "<@a,@b:joe@x>", PATH_OK, "joe@x", "" },
		{ "<@a>", PATH_OK, "@a", "" },
		{ "<\"a b>\"@x>", PATH_OK, "\"a b>\"@x", "" },
		{ "<\"a\\\">\"@x>", PATH_OK, "\"a\\\">\"@x", "" },
		{ "<\xc3\xa4@x>", PATH_OK, "\xc3\xa4@x", "" },
		{ "<\xf4\x8f\xbf\xbf>", PATH_OK, "\xf4\x8f\xbf\xbf", "" },
		{ "<\xc3>", PATH_BAD_UTF8, NULL, NULL },
		{ "<\xc0\x80>", PATH_BAD_UTF8, NULL, NULL },
		{ "<\xed\xa0\x80>", PATH_BAD_UTF8, NULL, NULL },
		{ "<\xf4\x90\x80\x80>", PATH_BAD_UTF8, NULL, NULL },
		{ "", PATH_SYNTAX, NULL, NULL },
		{ "<", PATH_SYNTAX, NULL, NULL },
		{ "joe", PATH_SYNTAX, NULL, NULL },
		{ "<joe", PATH_SYNTAX, NULL, NULL },
		{ "<joe>x", PATH_SYNTAX, NULL, NULL },
		{ "<jo e>", PATH_SYNTAX, NULL, NULL },
		{ "<jo<e>", PATH_SYNTAX, NULL, NULL },
		{ "<jo\\e>", PATH_SYNTAX, NULL, NULL },
		{ "<jo\te>", PATH_SYNTAX, NULL, NULL },
		{ "<\"joe>", PATH_SYNTAX, NULL, NULL },
		{ "<\"a\\\xc3\"@x>", PATH_SYNTAX, NULL, NULL },
		{ "<" ADDRESS_1000 ">", PATH_OK, ADDRESS_1000, "" },
		{ "<" ADDRESS_1000 ADDRESS_64 ">", PATH_LONG, NULL, NULL }
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
		    strcmp(pa.pa_rest, cases[i].rest) == 0, "%s",
		    cases[i].in);
	}
}

static void
test_keys(void)
{
	static const char	*cases[][PATH_KEYS + 1] = {
		{ "joe", "joe", NULL, NULL, NULL },
		{ "Joe@Example.ORG", "joe@example.org", "joe", NULL, NULL },
		{ "a@b@C", "a@b@c", "a@b", NULL, NULL },
		{ "@x", "@x", NULL, NULL, NULL },
		{ "\xc3\x84@x", "\xc3\x84@x", "\xc3\x84", NULL, NULL },
		{ "J+a+b@x", "j+a+b@x", "j+a+b", "j@x", "j" },
		{ "j+a", "j+a", NULL, "j", NULL },
		{ "+a@x", "+a@x", "+a", NULL, NULL },
		{ "j@x+y", "j@x+y", "j", NULL, NULL },
		{ "\"Joe\"@x", "joe@x", "joe", NULL, NULL },
		{ "\"a b\"@x", "a b@x", "a b", NULL, NULL },
		{ "\"a\\\"\\\\@b\"@x", "a\"\\@b@x", "a\"\\@b", NULL, NULL },
		{ "\"a@b\"", "a@b", NULL, NULL, NULL },
		{ "\"a+b\"@x", "a+b@x", "a+b", "a@x", "a" },
		{ "\"\"@x", "@x", NULL, NULL, NULL },
		{ "\"\"", "", NULL, NULL, NULL }
	};
	char			 key[USER_MAX];
	size_t			 i;
	unsigned int		 which;
	int			 r;

	unit_case("the users that an address may mean");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (which = 0; which < PATH_KEYS; which++) {
			r = path_key(cases[i][0], which, key);
			CHECK(cases[i][which + 1] == NULL ? r == -1 : r == 0 &&
			    strcmp(key, cases[i][which + 1]) == 0, "%s: %u: %s",
			    cases[i][0], which, key);
		}
}

/* As OpenSMTPD's option of the same name. */
static void
test_delimiter(void)
{
	struct setting_values	 stv;
	char			 key[USER_MAX];

	unit_case("another delimiter, and none");
	setting_defaults(&stv);
	stv.stv_value[SETTING_LMTP_DELIM] = '-';
	setting_use(&stv);
	CHECK(path_key("a-b+c@x", PATH_UNTAGGED, key) == 0 &&
	    strcmp(key, "a@x") == 0, "%s", key);
	stv.stv_value[SETTING_LMTP_DELIM] = 0;
	setting_use(&stv);
	CHECK(path_key("a-b+c@x", PATH_UNTAGGED, key) == -1, "%s", key);
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

/* More than is held in memory, in odd pieces; and no room for it. */
static void
test_transit(void)
{
	const struct rlimit	 rl = { LMTP_MEMORY, RLIM_INFINITY };
	struct transit		*tt;
	static char		 in[2 * LMTP_MEMORY], out[sizeof(in)];
	size_t			 i, n, piece;
	ssize_t			 some;

	unit_case("messages in memory and in a file");
	for (i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * i >> 5);
	transit_init();
	tt = transit_take();
	for (piece = 1; piece < sizeof(in); piece = 7 * piece + 2) {
		for (i = 0; i < sizeof(in); i += n) {
			n = sizeof(in) - i < piece ? sizeof(in) - i : piece;
			CHECK(transit_add(tt, in + i, n) == 0, "%zu", i);
		}
		CHECK(tt->tt_len == sizeof(in), "by %zu", piece);
		memset(out, 0, sizeof(out));
		for (i = 0; i < sizeof(in); i += (size_t)some)
			if ((some = transit_read(tt, i, out + i, piece)) <= 0)
				break;
		CHECK(memcmp(in, out, sizeof(in)) == 0, "by %zu", piece);
		transit_empty(tt);
	}
	CHECK(setrlimit(RLIMIT_FSIZE, &rl) == 0, "setrlimit");
	CHECK(transit_add(tt, in, sizeof(in)) == 0, "what fits");
	CHECK(transit_add(tt, in, 1) == -1 && errno == EFBIG, "what does not");
	CHECK(transit_add(transit_take(), in, LMTP_MEMORY) == 0, "in memory");
}

int
main(void)
{
	test_data();
	test_chunk();
	test_path();
	test_keys();
	test_delimiter();
	test_params();
	log_init("unit");
	log_to(log_stderr);
	test_transit();
	return (unit_done());
}
