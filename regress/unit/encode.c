/* link: wrkrpop/encode.o mail/octets.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The encoder compared with one that examines each octet, with input and
 * output split at every place, and the size that LIST reports.
 */

#include <stdlib.h>
#include <string.h>

#include "octets.h"

#include "wrkrpop/encode.h"

#include "unit.h"

struct text {
	unsigned char	*p;
	size_t		 len;
};

static void
put(struct text *t, unsigned char c)
{
	t->p[t->len++] = c;
}

/* RFC 1939 section 3, octet by octet.  Set *octets to the size of LIST. */
static struct text
oracle(const unsigned char *in, size_t len, uint64_t *octets)
{
	struct text	 t = { malloc(3 * len + 16), 0 };
	unsigned char	 last = '\n';
	uint64_t	 dots = 0;
	size_t		 i;

	for (i = 0; i < len; i++) {
		if (in[i] == '.' && last == '\n') {
			put(&t, '.');
			dots++;
		}
		if (in[i] == '\n' && last != '\r')
			put(&t, '\r');
		put(&t, in[i]);
		last = in[i];
	}
	if (last != '\n') {
		put(&t, '\r');
		put(&t, '\n');
	}
	*octets = t.len - dots;
	put(&t, '.');
	put(&t, '\r');
	put(&t, '\n');
	return (t);
}

/* What TOP sends of the file, line by line. */
static size_t
oracle_top(const unsigned char *in, size_t len, uint32_t lines)
{
	size_t	 begin = 0, i, n;
	int	 body = 0;

	for (i = 0; i < len; i++) {
		if (in[i] != '\n')
			continue;
		n = i - begin;
		if (n > 0 && in[i - 1] == '\r')
			n--;
		if (body)
			lines--;
		else if (n == 0)
			body = 1;
		if (body && lines == 0)
			return (i + 1);
		begin = i + 1;
	}
	return (len);
}

/*
 * Encode with pieces of the input and of the room of these sizes; 0 is a
 * random size each time.
 */
static struct text
encode(const unsigned char *in, size_t len, size_t piece, size_t room,
    struct top *top, uint64_t *octets)
{
	struct encode	 en;
	struct text	 t = { malloc(3 * len + 16), 0 };
	unsigned char	*from, *to;
	size_t		 at = 0, inlen, n, outlen, took, want;

	encode_init(&en);
	while (at < len) {
		want = piece != 0 ? piece : 1 + (size_t)random() % 90;
		n = want < len - at ? want : len - at;
		/* Copies of just the size, so that sanitizers see more. */
		from = malloc(n);
		memcpy(from, in + at, n);
		at += n;
		took = top == NULL ? n : encode_top_take(top, from, n);
		for (inlen = 0; inlen < took; inlen += want) {
			outlen = room != 0 ? room : 1 + (size_t)random() % 90;
			to = malloc(outlen);
			want = took - inlen;
			encode_run(&en, from + inlen, &want, to, &outlen);
			memcpy(t.p + t.len, to, outlen);
			t.len += outlen;
			free(to);
			CHECK(want > 0 || outlen > 0, "no progress");
		}
		free(from);
		if (took < n)
			break;
	}
	to = malloc(ENCODE_END_MAX);
	n = encode_end(&en, to);
	memcpy(t.p + t.len, to, n);
	t.len += n;
	free(to);
	*octets = en.en_octets;
	return (t);
}

/* One input and one pair of sizes: everything about it. */
static void
try_one(const unsigned char *in, size_t len, size_t piece, size_t room)
{
	struct octets	 oc;
	struct text	 got, want;
	struct top	 top;
	uint64_t	 count, octets;
	uint32_t	 lines;

	want = oracle(in, len, &count);
	got = encode(in, len, piece, room, NULL, &octets);
	CHECK(got.len == want.len && memcmp(got.p, want.p, got.len) == 0,
	    "%zu octets by %zu into %zu differ", len, piece, room);
	CHECK(octets == count, "%llu octets counted, not %llu",
	    (unsigned long long)octets, (unsigned long long)count);
	octets_init(&oc);
	octets_add(&oc, in, len);
	CHECK(octets_total(&oc) == count, "LIST says %llu, not %llu",
	    (unsigned long long)octets_total(&oc), (unsigned long long)count);
	free(got.p);
	free(want.p);

	for (lines = 0; lines < 4; lines++) {
		want = oracle(in, oracle_top(in, len, lines), &count);
		encode_top_init(&top, lines);
		got = encode(in, len, piece, room, &top, &octets);
		CHECK(got.len == want.len &&
		    memcmp(got.p, want.p, got.len) == 0,
		    "TOP %u of %zu octets by %zu into %zu differs", lines,
		    len, piece, room);
		free(got.p);
		free(want.p);
	}
}

static void
try_all(const char *in, size_t len)
{
	size_t	 piece, room;

	for (piece = 1; piece <= len + 1; piece++)
		for (room = 1; room <= len + 4; room++)
			try_one((const unsigned char *)in, len, piece, room);
}

/* Try all texts of this length with the octets that matter. */
static void
every_text(size_t len)
{
	static const char	 alphabet[] = { '\r', '\n', '.', 'a' };
	char			 text[8];
	unsigned long		 code, i, n = 1;

	for (i = 0; i < len; i++)
		n *= sizeof(alphabet);
	for (code = 0; code < n; code++) {
		unsigned long	 rest = code;

		for (i = 0; i < len; i++) {
			text[i] = alphabet[rest % sizeof(alphabet)];
			rest /= sizeof(alphabet);
		}
		try_one((unsigned char *)text, len, 1, 1);
		try_one((unsigned char *)text, len, 2, 3);
		try_one((unsigned char *)text, len, len + 1, len * 3 + 5);
	}
}

static void
random_texts(int rounds, size_t max, const char *alphabet, size_t n)
{
	unsigned char	*text;
	size_t		 i, len;

	while (rounds-- > 0) {
		len = (size_t)random() % (max + 1);
		text = malloc(len + 1);
		for (i = 0; i < len; i++)
			text[i] = n == 0 ? (unsigned char)random() :
			    (unsigned char)alphabet[(size_t)random() % n];
		try_one(text, len, 0, 0);
		try_one(text, len, len + 1, 2 * len + 5);
		free(text);
	}
}

int
main(void)
{
#define TEXT(s)	s, sizeof(s) - 1
	static const struct {
		const char	*name, *text;
		size_t		 len;
	} texts[] = {
		{ "empty", TEXT("") },
		{ "LF", TEXT("a: b\n\nx\n") },
		{ "CRLF", TEXT("a: b\r\n\r\nx\r\n") },
		{ "mixed line ends", TEXT("a\r\nb\n\n\r\nc\r\n") },
		{ "no last newline", TEXT("a: b\n\nx") },
		{ "a last CR", TEXT("a: b\n\nx\r") },
		{ "CR CR LF", TEXT("a\r\r\n\r\r\nb\n") },
		{ "bare CRs", TEXT("a\rb\r\r.c\n\r.\n") },
		{ "dots", TEXT(".\n..\r\n.a\n a.\n\n.\n.") },
		{ "only dots", TEXT("......") },
		{ "a dot first", TEXT(".a: b\n\n.\n") },
		{ "NUL and 8-bit", TEXT("\0\n\xff\xfe\n.\0\n\n\0.") },
		{ "only line ends", TEXT("\n\n\r\n\n") },
		{ "an empty first line", TEXT("\r\nbody\nx\n") },
		{ "no empty line", TEXT("a: b\nc: d\n") }
	};
	size_t	i;

	srandom(20260101);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		unit_case(texts[i].name);
		try_all(texts[i].text, texts[i].len);
	}
	unit_case("every text of up to 5 octets of CR, LF, dot, a");
	for (i = 0; i <= 5; i++)
		every_text(i);
	unit_case("random line ends and dots, random splits");
	random_texts(3000, 60, "\r\n.a", 4);
	unit_case("random lines, random splits");
	random_texts(200, 3000, "\r\n..abcdefghijklmnopqrstuvwxyz   ", 31);
	unit_case("random octets, random splits");
	random_texts(200, 3000, NULL, 0);
	return (unit_done());
}
