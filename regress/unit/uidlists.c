/*
 * link: popctl/courier.o popctl/cyrus.o popctl/dovecot.o popctl/poplisting.o
 * link: popctl/match.o popctl/text.o popctl/uidlformat.o popctl/uidlist.o
 * link: mail/maildir.o mail/nametab.o mail/popcache.o mail/whole.o
 * link: lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lists of unique ids as other servers write them, and which file is which
 * line of a listing.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "popctl/courier.h"
#include "popctl/cyrus.h"
#include "popctl/dovecot.h"
#include "popctl/match.h"
#include "popctl/poplisting.h"
#include "popctl/text.h"
#include "popctl/uidlformat.h"
#include "popctl/uidlist.h"
#include "unit.h"

static char	 said[512];

static void
sink(int level, const char *text)
{
	CHECK(said[0] == '\0', "two complaints: %s, %s", said, text);
	snprintf(said, sizeof(said), "%s", text);
}

static void
text_of(struct text *tx, const char *data)
{
	memset(tx, 0, sizeof(*tx));
	tx->tx_name = "f";
	tx->tx_len = strlen(data);
	/* No octet more: a reader that goes too far is seen. */
	tx->tx_data = malloc(tx->tx_len == 0 ? 1 : tx->tx_len);
	memcpy(tx->tx_data, data, tx->tx_len);
	said[0] = '\0';
}

enum server { DOVECOT, DOVECOT_RENAME, COURIER, CYRUS };

static int
parse(enum server server, struct text *tx, const char *format,
    struct uidlist *ul)
{
	struct uidlformat	 uf;

	CHECK(uidlformat_parse(format, strlen(format), &uf) == NULL, "%s",
	    format);
	switch (server) {
	case DOVECOT:
		return (dovecot_parse(tx, &uf, ul));
	case DOVECOT_RENAME:
		return (dovecot_parse(tx, &uf, ul) == -1 ||
		    uidlist_rename(ul) == -1 ? -1 : 0);
	case COURIER:
		return (courier_parse(tx, ul));
	default:
		return (cyrus_parse(tx, &uf, ul));
	}
}

/* The list, one entry per line, or the error. */
static const char *
list_of(enum server server, const char *format, const char *data)
{
	static char	 out[1024];
	struct uidlist	 ul = { NULL, 0, 0 };
	struct text	 tx;
	uint32_t	 i;
	int		 r;

	text_of(&tx, data);
	r = parse(server, &tx, format, &ul);
	CHECK((r == 0) == (said[0] == '\0'), "%d, said: %s", r, said);
	out[0] = '\0';
	for (i = 0; r == 0 && i < ul.ul_count; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out),
		    "%.*s %s\n", (int)ul.ul_item[i].ux_base_len,
		    ul.ul_item[i].ux_base, ul.ul_item[i].ux_uidl);
	uidlist_free(&ul);
	text_free(&tx);
	return (r == 0 ? out : said);
}

#define V	"3 V1000 N9 G00000000000000000000000000000000\n"
#define F	"%08Xu%08Xv"

static const struct {
	const char	*name;
	enum server	 server;
	const char	*format;
	const char	*data;
	const char	*want;
} lists[] = {
	{ "flags are not of the name", DOVECOT, F,
	    V "1 :a:2,S\n17 W3 S2 :b:2,\n300 :c\n",
	    "a 00000001000003e8\nb 00000011000003e8\nc 0000012c000003e8\n" },
	{ "P and O", DOVECOT, F,
	    V "1 Px :a\n2 O7 Py :b\n3 O3 :c\n4 :d\n5 P :e:2,\n",
	    "c 00000003000003e8\nb y\na x\nd 00000004000003e8\ne e\n" },
	{ "the format of the header", DOVECOT, F,
	    "3 V5 N2 P%u-%v\n1 :a\n2 Pz :b\n", "a 1-5\nb z\n" },
	{ "a file that came back", DOVECOT, "%u",
	    V "1 :a\n2 :b\n3 :a:2,S\n", "b 2\na 3\n" },
	{ "guid, and the base name instead", DOVECOT, "%g",
	    V "1 Gxyz :a\n2 :b:2,S\n", "a xyz\nb b\n" },
	{ "equal ids", DOVECOT_RENAME, "%u",
	    V "1 Px :a\n2 Px :b\n3 :c\n4 Px :d\n",
	    "a x\nb x-2\nc 3\nd x-3\n" },
	{ "a name with a colon and a space", DOVECOT, "%u",
	    V "1 :a b:c:2,S\n", "a b:c 1\n" },
	{ "only the header", DOVECOT, "%u", V, "" },
	{ "empty", DOVECOT, "%u", "", "f:1: empty" },
	{ "version 1", DOVECOT, "%u", "1 1000 9\n1 a\n",
	    "f:1: not version 3" },
	{ "no uidvalidity", DOVECOT, "%u", "3 N4\n",
	    "f:1: no uidvalidity" },
	{ "a large uidvalidity", DOVECOT, "%u", "3 V4294967296\n",
	    "f:1: V is not a uidvalidity" },
	{ "a bad format", DOVECOT, "%u", "3 V1 P%m\n",
	    "f:1: md5 is not for maildirs" },
	{ "cut", DOVECOT, "%u", V "1 :a\n2 :b",
	    "f:3: no newline at end of file" },
	{ "a uid twice", DOVECOT, "%u", V "2 :a\n2 :b\n",
	    "f:3: uids out of order" },
	{ "uid 0", DOVECOT, "%u", V "0 :a\n", "f:2: uids out of order" },
	{ "no uid", DOVECOT, "%u", V ":a\n", "f:2: bad uid" },
	{ "no name", DOVECOT, "%u", V "1 W3\n",
	    "f:2: not the name of a message file" },
	{ "an empty name", DOVECOT, "%u", V "1 :\n",
	    "f:2: not the name of a message file" },
	{ "a path", DOVECOT, "%u", V "1 :../../etc/passwd\n",
	    "f:2: not the name of a message file" },
	{ "a hidden name", DOVECOT, "%u", V "1 :.a\n",
	    "f:2: not the name of a message file" },
	{ "no field", DOVECOT, "%u", V "1 w :a\n", "f:2: not a field" },
	{ "no order", DOVECOT, "%u", V "1 Ox :a\n", "f:2: O is not a number" },

	{ "version 3", COURIER, "%u",
	    "/3 8 77\n1.b:2,S 10 2:77:0\n1.a:2, 10 1:77:1\n",
	    "1.a UID1-77\n1.b UID2-77\n" },
	{ "version 2, no uidvalidity, no number", COURIER, "%u",
	    "/2 8 77\n10.x 1 3:0\n9.y'+\001:2, 1 0:0\n",
	    "9.y'+\001 9.y+27+2B+01\n10.x UID3\n" },
	{ "names that are no numbers come first", COURIER, "%u",
	    "/3 8 7\n2.a 1 1:7:0\nz 1 2:7:0\n"
	    "99999999999999999999.a 1 3:7:0\n",
	    "z UID2-7\n2.a UID1-7\n99999999999999999999.a UID3-7\n" },
	{ "a name with spaces", COURIER, "%u", "/3 8 7\na b 1 1:7:0\n",
	    "a b UID1-7\n" },
	{ "version 1", COURIER, "%u", "/1\n", "f:1: not version 2 or 3" },
	{ "empty", COURIER, "%u", "", "f:1: not version 2 or 3" },
	{ "no number", COURIER, "%u", "/3 8 7\na 1 x:7:0\n",
	    "f:2: bad number" },
	{ "more than a number", COURIER, "%u", "/3 8 7\na 1 1:7:0:1\n",
	    "f:2: bad number" },
	{ "no size", COURIER, "%u", "/3 8 7\na b 1:7:0\n", "f:2: bad size" },
	{ "too few", COURIER, "%u", "/3 8 7\na 1:7:0\n",
	    "f:2: want a name, a size and a number" },
	{ "a path", COURIER, "%u", "/3 8 7\nx/a 1 1:7:0\n",
	    "f:2: not the name of a message file" },
	{ "cut", COURIER, "%u", "/3 8 7\na 1 1:7",
	    "f:2: no newline at end of file" },

	{ "by uid", CYRUS, "%v.%u", "uidvalidity 9\n7 b:2,S\n3 a\n",
	    "a 9.3\nb 9.7\n" },
	{ "no header", CYRUS, "%u", "3 a\n",
	    "f:1: want \"uidvalidity number\"" },
	{ "no name", CYRUS, "%u", "uidvalidity 9\n3 \n",
	    "f:2: not the name of a message file" }
};

static void
test_lists(void)
{
	static const char	*const servers[] = {
		"Dovecot", "Dovecot", "Courier", "Cyrus"
	};
	const char		*got;
	char			 name[128];
	size_t			 i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(name, sizeof(name), "%s: %s",
		    servers[lists[i].server], lists[i].name);
		unit_case(name);
		got = list_of(lists[i].server, lists[i].format,
		    lists[i].data);
		CHECK(strcmp(got, lists[i].want) == 0, "got %s", got);
	}
}

static const struct {
	const char	*format;
	const char	*want;	/* uid 26, uidvalidity 300, name Ab, guid G */
} formats[] = {
	{ "%08Xu%08Xv",			"0000001a0000012c" },
	{ "%{uid | hex(8)}%{uidvalidity | hex(8)}", "0000001a0000012c" },
	{ "%{uid|hex(8)|upper}",	"0000001A" },
	{ "%UXu.%Lf.%{filename | lower}", "1A.ab.ab" },
	{ "%u-%v-%f-%g-100%%",		"26-300-Ab-G-100%" },
	{ "%08X{uid}",			"0000001a" },
	{ "%{uid | hex}",		"1a" },
	{ "%02u",			"26" },
	{ "%m",				NULL },
	{ "%{md5}",			NULL },
	{ "%8Xu",			NULL },
	{ "%0999u",			NULL },
	{ "%{uid | sha1}",		NULL },
	{ "%{uid | hex(}",		NULL },
	{ "%{uid",			NULL },
	{ "%{}",			NULL },
	{ "a%",				NULL },
	{ "%X",				NULL },
	{ "%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u", NULL }
};

static void
test_formats(void)
{
	struct uidlformat_facts	 ff = { 26, 300, "Ab", 2, "G", 1 };
	struct uidlformat	 uf;
	const char		*why;
	char			 out[UIDLFORMAT_OUT_MAX];
	size_t			 i, len;

	unit_case("formats of unique ids");
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		why = uidlformat_parse(formats[i].format,
		    strlen(formats[i].format), &uf);
		CHECK((why == NULL) == (formats[i].want != NULL), "%s: %s",
		    formats[i].format, why == NULL ? "taken" : why);
		if (why != NULL)
			continue;
		len = uidlformat_make(&uf, &ff, out);
		CHECK(formats[i].want != NULL &&
		    len == strlen(formats[i].want) &&
		    memcmp(out, formats[i].want, len) == 0, "%s: %.*s",
		    formats[i].format, (int)len, out);
	}
	CHECK(uidlformat_parse("%v", 2, &uf) == NULL &&
	    !uidlformat_differs(&uf), "%%v");
}

static const struct {
	const char	*name;
	const char	*data;
	const char	*want;
} listings[] = {
	{ "UIDL, LIST", "+OK 2\r\n1 a\r\n2 b\r\n.\r\n+OK\r\n1 10\r\n2 20\r\n"
	    ".\r\n", "1 a 10\n2 b 20\n" },
	{ "LIST, UIDL", "1 10\n2 20\n.\n1 a\n2 b\n", "1 a 10\n2 b 20\n" },
	{ "as curl has it", "1 a\n3 b\n1 10\n3 20\n", "1 a 10\n3 b 20\n" },
	{ "ids that are numbers", "1 7\n2 8\n1 10\n2 20\n",
	    "1 7 10\n2 8 20\n" },
	{ "the commands say which", "LIST\n+OK\n1 10\n.\nuidl\n+OK\n1 7\n.\n",
	    "1 7 10\n" },
	{ "only UIDL", "+OK\n1 7\n2 8\n.\n", "1 7\n2 8\n" },
	{ "more after the size", "1 a\n.\n1 10 octets\n", "1 a 10\n" },
	{ "only LIST", "LIST\n1 10\n", "f:1: only an answer to LIST" },
	{ "nothing", "+OK\n.\n", "f:1: no answer to UIDL" },
	{ "three answers", "1 a\n1 10\n1 b\n",
	    "f:3: more than one answer to UIDL or LIST" },
	{ "UIDL twice", "1 a\n1 b\n", "f:2: UIDL twice, and no LIST" },
	{ "other messages", "1 a\n2 b\n.\n1 10\n3 20\n",
	    "f:5: UIDL and LIST do not name the same messages" },
	{ "one more in LIST", "1 a\n.\n1 10\n3 20\n",
	    "f:4: UIDL and LIST do not name the same messages" },
	{ "one more in UIDL", "1 a\n2 b\n.\n1 10\n",
	    "f:2: UIDL and LIST do not name the same messages" },
	{ "something else", "1 a\nhello\n",
	    "f:2: not a line of an answer to UIDL or LIST" },
	{ "an error", "-ERR no\n",
	    "f:1: not a line of an answer to UIDL or LIST" },
	{ "cut", "1 a\n2 b", "f:2: no newline at end of file" },
	{ "TOP", "1 a\n2 b\n3 c\n1 10\n2 20\n3 30\nTOP 1 0\n+OK\nx: 1\n..\n"
	    "\n.\nTOP 2 0\r\n+OK\r\nx: 1\r\n..\r\n\r\n.\r\ntop 3 0\nx: 2\n"
	    ".\n", "1 a 10 A\n2 b 20 A\n3 c 30 B\n" },
	{ "TOP without commands", "+OK\n1 a\n3 b\n.\n+OK\n1 10\n3 20\n.\n"
	    "+OK\n1 2\n\n.\n+OK 9\n\n.\n+OK bye\n",
	    "1 a 10 A\n3 b 20 B\n" },
	{ "TOP of one alone", "1 a\n2 b\n1 10\n2 20\nTOP 1 0\nx:1\n\n.\n",
	    "f:8: UIDL and TOP do not name the same messages" },
	{ "TOP in another order", "1 a\n2 b\n.\nTOP 2 0\n.\nTOP 1 0\n.\n",
	    "f:5: UIDL and TOP do not name the same messages" },
	{ "more TOP than messages", "1 a\n1 1\n+OK\n.\n+OK\n.\n",
	    "f:6: UIDL and TOP do not name the same messages" },
	{ "TOP without an end", "1 a\n1 10\nTOP 1 0\nx: 1\n",
	    "f:4: the answer to TOP has no end" },
	{ "TOP refused", "1 a\n1 10\nTOP 1 0\n-ERR no\n",
	    "f:4: no answer to TOP" }
};

static const char *
listing_of(const char *data)
{
	static char		 out[1024];
	struct listing		 ls;
	struct poplisting_item	*li;
	struct text		 tx;
	uint64_t		 header = 0;
	uint32_t		 i;
	int			 r, letter = 'A' - 1;

	text_of(&tx, data);
	r = poplisting_parse(&tx, &ls);
	CHECK((r == 0) == (said[0] == '\0'), "%d, said: %s", r, said);
	out[0] = '\0';
	for (i = 0; r == 0 && i < ls.ls_count; i++) {
		li = &ls.ls_item[i];
		snprintf(out + strlen(out), sizeof(out) - strlen(out),
		    "%u %.*s", li->li_number, (int)li->li_uidl_len,
		    li->li_uidl);
		if (ls.ls_sizes)
			snprintf(out + strlen(out), sizeof(out) - strlen(out),
			    " %llu", (unsigned long long)li->li_octets);
		if (ls.ls_headers)
			snprintf(out + strlen(out), sizeof(out) - strlen(out),
			    " %c", letter += i == 0 || li->li_header != header);
		header = li->li_header;
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "\n");
	}
	if (r == 0)
		poplisting_free(&ls);
	text_free(&tx);
	return (r == 0 ? out : said);
}

static void
test_listings(void)
{
	const char	*got;
	char		 name[128];
	size_t		 i;

	for (i = 0; i < sizeof(listings) / sizeof(listings[0]); i++) {
		snprintf(name, sizeof(name), "listing: %s",
		    listings[i].name);
		unit_case(name);
		got = listing_of(listings[i].data);
		CHECK(strcmp(got, listings[i].want) == 0, "got %s", got);
	}
}

/*
 * Sizes are digits, of lines and of files, and what files are: those with
 * one letter have the same octets.  The answer: for each line the file, by
 * its number from 0, - for none, ? for nothing to tell by; with mt_guess,
 * without it, and if keys are proofs.
 */
static const struct {
	const char	*name;
	const char	*lines;
	const char	*files;
	const char	*octets;
	const char	*want[3];
	int		 disorder;
} matches[] = {
	{ "sizes that are one of a kind", "1234", "1234", "abcd",
	    { "0123", "0123", "0123" }, 0 },
	{ "in another order", "123", "312", "abc", { "120", "???", "120" }, 1 },
	{ "one gone, one new", "123", "234", "abc", { "-01", "-01", "-01" },
	    0 },
	{ "all of one size", "5555", "5555", "abcd",
	    { "0123", "????", "????" }, 0 },
	{ "one of them gone", "5555", "555", "abc",
	    { "????", "????", "????" }, 0 },
	{ "one of them gone, between neighbours", "515255", "15255", "abcde",
	    { "-01234", "?0?2??", "?0?2??" }, 0 },
	{ "one came last", "51525", "515255", "abcdef",
	    { "0123?", "?1?3?", "?1?3?" }, 0 },
	{ "one came last, like another", "51525", "515255", "abcdee",
	    { "01234", "?1?3?", "?1?3?" }, 0 },
	{ "one gone before, one came after", "515", "155", "abc",
	    { "?0?", "?0?", "?0?" }, 0 },
	{ "groups that cross", "5656", "5566", "abcd",
	    { "????", "????", "????" }, 1 },
	{ "another order, and equal sizes", "1552", "2551", "abcd",
	    { "3??0", "????", "3??0" }, 1 },
	{ "another order, and equal octets", "1552", "2551", "abbd",
	    { "3120", "?12?", "3120" }, 1 },
	{ "more lines than equal files", "155", "15", "ab",
	    { "0??", "0??", "0??" }, 0 },
	{ "nothing there", "12", "", "", { "--", "--", "--" }, 0 },
	{ "nothing listed", "", "12", "ab", { "", "", "" }, 0 }
};

static int
same(void *arg, uint32_t i, uint32_t j)
{
	const char	*octets = arg;

	return (octets[i] == octets[j]);
}

static void
match_digits(uint64_t *sizes, const char *digits)
{
	for (; *digits != '\0'; digits++)
		*sizes++ = (uint64_t)*digits;
}

static void
test_match(size_t i, int way)
{
	struct match	 mt;
	uint64_t	 lines[16], files[16];
	char		 got[16] = "";
	uint32_t	 n;

	memset(&mt, 0, sizeof(mt));
	match_digits(lines, matches[i].lines);
	match_digits(files, matches[i].files);
	mt.mt_list = lines;
	mt.mt_lines = (uint32_t)strlen(matches[i].lines);
	mt.mt_file = files;
	mt.mt_files = (uint32_t)strlen(matches[i].files);
	mt.mt_same = same;
	mt.mt_arg = (void *)(uintptr_t)matches[i].octets;
	mt.mt_guess = way == 0;
	mt.mt_proof = way == 2;
	CHECK(match_run(&mt) == 0, "match_run");
	for (n = 0; n < mt.mt_lines; n++)
		got[n] = mt.mt_how[n] == MATCH_NONE ? '-' :
		    mt.mt_how[n] == MATCH_UNSURE ? '?' :
		    (char)('0' + mt.mt_which[n]);
	CHECK(strcmp(got, matches[i].want[way]) == 0, "%d: got %s, want %s",
	    way, got, matches[i].want[way]);
	CHECK(way != 0 || mt.mt_disorder == matches[i].disorder,
	    "disorder %d", mt.mt_disorder);
	match_free(&mt);
}

int
main(void)
{
	char	 name[128];
	size_t	 i;
	int	 way;

	log_init("test");
	log_to(sink);
	test_lists();
	test_formats();
	test_listings();
	for (i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		snprintf(name, sizeof(name), "match: %s", matches[i].name);
		unit_case(name);
		for (way = 0; way < 3; way++)
			test_match(i, way);
	}
	return (unit_done());
}
