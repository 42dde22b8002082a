/* link: lsnrpop/proxyhdr.o lib/source.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * PROXY headers: which are valid, the address they contain, and that neither
 * the pieces in which they arrive nor what follows them matters.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "lsnrpop/proxyhdr.h"
#include "source.h"
#include "unit.h"

#define REST	"\x16\x03\x01\r\nPROXY "	/* what may follow */
#define V2	"\r\n\r\n\0\r\nQUIT\n"
#define IP4	"\xc0\0\2\1" "\xc6\x33\x64\2" "\x10\1" "\0\x6e"

/* The address in a header; "": the connection's own; NULL: invalid. */
static const struct header {
	const char	*text;
	size_t		 len;
	const char	*source;
	unsigned int	 port;
} headers[] = {
#define H(text, source, port)	{ text, sizeof(text) - 1, source, port }
	H("PROXY TCP4 192.0.2.1 198.51.100.2 4097 110\r\n", "192.0.2.1", 4097),
	H("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
	    "255.255.255.255", 65535),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n", "192.0.2.1", 0),
	H("PROXY TCP6 2001:db8::1 ::1 4097 110\r\n", "2001:db8::1", 4097),
	H("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
	H("PROXY TCP6 ::ffff:c000:201 ::1 4097 110\r\n", "192.0.2.1", 4097),
	/* Of haproxy and nginx, with one socket for both families. */
	H("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.9 4097 110\r\n",
	    "192.0.2.1", 4097),
	H("PROXY UNKNOWN\r\n", "", 0),
	H("PROXY UNKNOWN ffff:: ffff:: 65535 65535 and\tmore\r\n", "", 0),
	H("PROXY UNKNOWNS\r\n", NULL, 0),
	H("PROXY \r\n", NULL, 0),
	H("PROXY TCP4\r\n", NULL, 0),
	H("PROXY TCP5 192.0.2.1 198.51.100.2 4097 110\r\n", NULL, 0),
	H("PROXY tcp4 192.0.2.1 198.51.100.2 4097 110\r\n", NULL, 0),
	H("proxy TCP4 192.0.2.1 198.51.100.2 4097 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 4097 110\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 4097 110 \r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 4097 110 1\r\n", NULL, 0),
	H("PROXY TCP4  192.0.2.1 198.51.100.2 4097 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 4097\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 04097 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 -1 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 +1 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 65536 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 198.51.100.2 4097 \r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.01 198.51.100.2 4097 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2 198.51.100.2 4097 110\r\n", NULL, 0),
	H("PROXY TCP4 ::1 ::1 4097 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1 ::1 4097 110\r\n", NULL, 0),
	H("PROXY TCP4 192.0.2.1\0 198.51.100.2 4097 110\r\n", NULL, 0),
	H("PROXY TCP6 192.0.2.1 192.0.2.1 4097 110\r\n", NULL, 0),
	H("USER joe\r\n", NULL, 0),
	H("\x16\x03\x01\2\0\1", NULL, 0),
	/* 108 octets. */
	H("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901"
	    "23456789012345678901234567890123456789012345678901234567\r\n",
	    NULL, 0),

	H(V2 "\x21\x11\0\x0c" IP4, "192.0.2.1", 4097),
	H(V2 "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x10\1\0\x6e",
	    "2001:db8::1", 4097),
	H(V2 "\x21\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x10\1\0\x6e",
	    "192.0.2.1", 4097),
	H(V2 "\x20\0\0\0", "", 0),
	/* LOCAL: the rest is skipped, whatever it is. */
	H(V2 "\x20\x11\0\x0c" IP4, "", 0),
	H(V2 "\x20\xff\0\3\1\2\3", "", 0),
	H(V2 "\x21\0\0\0", "", 0),
	H(V2 "\x21\0\0\4\1\2\3\4", "", 0),
	H(V2 "\x21\x12\0\x0c" IP4, "", 0),
	/* What follows the addresses is skipped. */
	H(V2 "\x21\x11\0\x10" IP4 "\4\0\1x", "192.0.2.1", 4097),
	H(V2 "\x21\x11\0\x0e" IP4 "\4\0", "192.0.2.1", 4097),
	/* Too few octets for its addresses. */
	H(V2 "\x21\x11\0\x0b\xc0\0\2\1\xc6\x33\x64\2\x10\1\0", NULL, 0),
	H(V2 "\x21\x21\0\x0c" IP4, NULL, 0),
	H(V2 "\x21\x31\0\x0c" IP4, NULL, 0),
	/* Versions, commands, families and transports that are none. */
	H(V2 "\x11\x11\0\x0c" IP4, NULL, 0),
	H(V2 "\x22\x11\0\x0c" IP4, NULL, 0),
	H(V2 "\x21\x41\0\x0c" IP4, NULL, 0),
	H(V2 "\x21\x13\0\x0c" IP4, NULL, 0),
	/* Longer than we wait for. */
	H(V2 "\x21\x11\x08\0" IP4, NULL, 0),
	H("\r\n\r\n\0\r\nQUIX\n\x21\x11\0\x0c" IP4, NULL, 0),
#undef H
};

/* Octets in a block of their own size, for the sanitizer. */
static enum proxyhdr_status
parse(const char *text, size_t len, size_t *used, struct source *source)
{
	enum proxyhdr_status	 status;
	char			*copy;

	if ((copy = malloc(len + 1)) == NULL)
		abort();
	memcpy(copy + 1, text, len);
	status = proxyhdr_parse(copy + 1, len, used, source);
	free(copy);
	return (status);
}

static void
test_good(const struct header *hd)
{
	struct source	 source;
	char		 more[PROXY_HEADER_MAX + sizeof(REST)],
	    text[SOURCE_TEXT_MAX];
	size_t		 len, used, rest = sizeof(REST) - 1;

	for (len = 0; len < hd->len; len++) {
		CHECK(parse(hd->text, len, &used, &source) == PROXYHDR_MORE,
		    "%zu octets are enough", len);
		CHECK(used == len, "%zu of %zu", used, len);
	}
	memcpy(more, hd->text, hd->len);
	memcpy(more + hd->len, REST, rest);
	for (len = hd->len; len <= hd->len + rest; len++) {
		CHECK(parse(more, len, &used, &source) == PROXYHDR_DONE,
		    "%zu octets are no header", len);
		CHECK(used == hd->len, "%zu of %zu", used, hd->len);
	}
	if (*hd->source == '\0') {
		CHECK(source.so_version == 0, "an address");
		return;
	}
	source_text(&source, text, sizeof(text));
	CHECK(strcmp(text, hd->source) == 0 && source.so_port == hd->port,
	    "%s port %u", text, source.so_port);
}

/* Bad at some octet, and from then on. */
static void
test_bad(const struct header *hd)
{
	struct source		 source;
	enum proxyhdr_status	 status, before = PROXYHDR_MORE;
	size_t			 len, used;

	for (len = 0; len <= hd->len; len++, before = status) {
		status = parse(hd->text, len, &used, &source);
		CHECK(status != PROXYHDR_DONE, "a header at %zu", len);
		CHECK(before != PROXYHDR_BAD || status == PROXYHDR_BAD,
		    "good again at %zu", len);
	}
	CHECK(before == PROXYHDR_BAD, "it may become one");
}

/* The largest, and of a family that has no address for us. */
static void
test_large(void)
{
	char		 text[PROXY_HEADER_MAX] = V2 "\x21\x31\x07\xf0";
	struct header	 hd = { text, sizeof(text), "", 0 };

	unit_case("a header of 2048 octets, for a Unix socket");
	/* One TLV has all that is left: 2032 less 216, less its own three. */
	text[16 + 216] = '\xe0';
	text[16 + 217] = (2032 - 216 - 3) >> 8;
	text[16 + 218] = (char)((2032 - 216 - 3) & 0xff);
	test_good(&hd);
}

int
main(void)
{
	char	 name[128];
	size_t	 i, n;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		n = headers[i].len < 13 || headers[i].text[0] == 'P' ? 0 : 12;
		snprintf(name, sizeof(name), "%s header %zu%s%.70s",
		    headers[i].source != NULL ? "good" : "bad", i,
		    n == 0 ? ": " : ", of version 2",
		    n == 0 ? headers[i].text : "");
		name[strcspn(name, "\r\n\x16")] = '\0';
		unit_case(name);
		if (headers[i].source != NULL)
			test_good(&headers[i]);
		else
			test_bad(&headers[i]);
	}
	test_large();
	return (unit_done());
}
