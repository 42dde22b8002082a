/* link: lib/line.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Lines in octets that arrive in any pieces. */

#include <stdlib.h>
#include <string.h>

#include "line.h"

#include "unit.h"

#define MAX	20

/* What came of one input, as text: "ok:foo long bad ..." */
static char	seen[65536];

static void
note(enum line_status status, const struct line *line)
{
	size_t	 n = strlen(seen);

	snprintf(seen + n, sizeof(seen) - n, "%s%s%s", n > 0 ? " " : "",
	    status == LINE_OK ? "ok:" : status == LINE_LONG ? "long" : "bad",
	    status == LINE_OK ? line->ln_text : "");
	if (status == LINE_OK)
		CHECK(strlen(line->ln_text) == line->ln_len, "length");
}

/*
 * Feed input in pieces of so many octets through a buffer of size octets, as
 * callers do.
 */
static void
feed(const char *in, size_t len, size_t piece, size_t size)
{
	struct line		 line;
	enum line_status	 status;
	char			*buf;
	size_t			 fill = 0, n, rest;
	int			 skipping = 0;

	buf = malloc(size);
	seen[0] = '\0';
	while (len > 0) {
		n = piece < len ? piece : len;
		if (n > size - fill)
			n = size - fill;
		CHECK(n > 0, "a full buffer that nothing was taken from");
		if (n == 0)
			break;
		memcpy(buf + fill, in, n);
		fill += n;
		in += n;
		len -= n;
		rest = 0;
		do {
			status = line_take(buf + rest, fill - rest, MAX,
			    &skipping, &line);
			rest += line.ln_used;
			if (status != LINE_MORE)
				note(status, &line);
		} while (status != LINE_MORE);
		memmove(buf, buf + rest, fill - rest);
		fill -= rest;
	}
	free(buf);
}

static const struct {
	const char	*name, *in;
	size_t		 len;
	const char	*out;
} cases[] = {
#define IN(s)	s, sizeof(s) - 1
	{ "nothing", IN(""), "" },
	{ "no end, no line", IN("STAT"), "" },
	{ "CRLF", IN("STAT\r\n"), "ok:STAT" },
	{ "LF alone ends a line", IN("STAT\nNOOP\n"), "ok:STAT ok:NOOP" },
	{ "empty lines", IN("\r\n\n\r\n"), "ok: ok: ok:" },
	{ "many in one", IN("A\r\nB\r\nC\r\nD"), "ok:A ok:B ok:C" },
	{ "a NUL", IN("ST\0AT\r\nB\r\n"), "bad ok:B" },
	{ "a NUL alone", IN("\0\nB\r\n"), "bad ok:B" },
	{ "a CR inside", IN("ST\rAT\r\nB\r\n"), "bad ok:B" },
	{ "two CRs at the end", IN("STAT\r\r\nB\r\n"), "bad ok:B" },
	{ "8-bit octets pass", IN("\xff\x80\r\n"), "ok:\xff\x80" },
	{ "the longest with CRLF", IN("123456789012345678\r\nB\n"),
	    "ok:123456789012345678 ok:B" },
	{ "one octet more with CRLF", IN("1234567890123456789\r\nB\n"),
	    "long ok:B" },
	{ "the longest with LF", IN("1234567890123456789\nB\n"),
	    "ok:1234567890123456789 ok:B" },
	{ "one octet more with LF", IN("12345678901234567890\nB\n"),
	    "long ok:B" },
	{ "far too long is answered once",
	    IN("1234567890123456789012345678901234567890123456789012345\r\n"
	    "12345678901234567890123456789012345678901\r\nB\r\n"),
	    "long long ok:B" },
	{ "too long, with a NUL in it",
	    IN("12345678901234567890\000123\r\nB\r\n"),
	    "long ok:B" },
	{ "too long, without an end",
	    IN("A\r\n12345678901234567890123456789012345678901234567890"),
	    "ok:A" }
};

int
main(void)
{
	size_t	 i, piece;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unit_case(cases[i].name);
		for (piece = 1; piece <= 4 * MAX; piece++) {
			feed(cases[i].in, cases[i].len, piece, MAX);
			CHECK(strcmp(seen, cases[i].out) == 0,
			    "by %zu: got \"%s\"", piece, seen);
			feed(cases[i].in, cases[i].len, piece, 4 * MAX);
			CHECK(strcmp(seen, cases[i].out) == 0,
			    "by %zu, much room: got \"%s\"", piece, seen);
		}
	}
	return (unit_done());
}
