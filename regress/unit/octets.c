/* link: mail/octets.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The size of a message: the fast count compared with one that examines each
 * octet, with every kind of line ending and every split.
 */

#include <sys/types.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "octets.h"
#include "unit.h"

/* What the protocol says, with no thought of speed. */
static uint64_t
oracle(const unsigned char *p, size_t len)
{
	uint64_t	 n = 0;
	size_t		 i;

	for (i = 0; i < len; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			n++;
		n++;
	}
	if (len != 0 && p[len - 1] != '\n')
		n += 2;
	return (n);
}

static uint64_t
split(const unsigned char *p, size_t len, size_t a, size_t b)
{
	struct octets	 oc;

	octets_init(&oc);
	octets_add(&oc, p, a);
	octets_add(&oc, p + a, b - a);
	octets_add(&oc, p + b, len - b);
	CHECK(oc.oc_size == len, "size %llu of %zu",
	    (unsigned long long)oc.oc_size, len);
	return (octets_total(&oc));
}

static void
every_split(const unsigned char *p, size_t len)
{
	uint64_t	 want = oracle(p, len), got;
	size_t		 a, b;

	for (a = 0; a <= len; a++)
		for (b = a; b <= len; b += 1 + (len - b) / 7) {
			got = split(p, len, a, b);
			CHECK(got == want, "%zu octets cut at %zu and %zu: "
			    "%llu, not %llu", len, a, b,
			    (unsigned long long)got,
			    (unsigned long long)want);
		}
}

/* Octets that make trouble often. */
static void
fill(unsigned char *p, size_t len)
{
	static const unsigned char	 odd[] = "\r\n\r\n.\0\n\r\nab\n";
	size_t				 i;

	for (i = 0; i < len; i++)
		p[i] = odd[(size_t)random() % (sizeof(odd) - 1)];
}

/* A file of p, counted with a right and with wrong expectations. */
static void
file(const unsigned char *p, size_t len)
{
	char		 name[] = "octets.XXXXXX";
	uint64_t	 size, total, expect[4];
	size_t		 i;
	int		 fd;

	if ((fd = mkstemp(name)) == -1) {
		CHECK(0, "mkstemp");
		return;
	}
	unlink(name);
	CHECK(write(fd, p, len) == (ssize_t)len, "write");
	expect[0] = len;
	expect[1] = 0;
	expect[2] = len / 2;
	expect[3] = len * 2 + 1;
	for (i = 0; i < 4; i++) {
		CHECK(octets_file(fd, expect[i], &size, &total) == 0,
		    "octets_file");
		CHECK(size == len, "file of %zu: size %llu", len,
		    (unsigned long long)size);
		CHECK(total == oracle(p, len), "file of %zu: %llu, not %llu",
		    len, (unsigned long long)total,
		    (unsigned long long)oracle(p, len));
	}
	close(fd);
}

static void
test_line_ends(void)
{
	static const char	*const cases[] = {
		"", "a", "\n", "\r", "\r\n", "\n\r", "\r\r\n", "\n\n",
		"\r\n\r\n", "a\nb\n", "a\r\nb\r\n", "a\nb", "a\r\nb\r",
		".\n", "..\r\n", "\r\n\n\r\n\r", "a\r\r\r\nb"
	};
	size_t			 i;

	unit_case("line ends of every kind, cut everywhere");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		every_split((const unsigned char *)cases[i],
		    strlen(cases[i]));
}

static void
test_random(void)
{
	unsigned char	 buf[70000];
	size_t		 len;

	unit_case("random octets of every length to 300, cut everywhere");
	srandom(1939);
	for (len = 0; len <= 300; len++) {
		fill(buf, len);
		every_split(buf, len);
	}
}

static void
test_line_feeds(void)
{
	unsigned char	 buf[70000];
	uint64_t	 total;
	size_t		 len;

	unit_case("nothing but line feeds: no lane overflows");
	memset(buf, '\n', sizeof(buf));
	for (len = sizeof(buf) - 130; len <= sizeof(buf); len++) {
		total = split(buf, len, len / 3, len / 2);
		CHECK(total == 2 * len, "%zu line feeds: %llu", len,
		    (unsigned long long)total);
	}
}

static void
test_empty(void)
{
	struct octets	 oc;

	unit_case("an empty message is empty");
	octets_init(&oc);
	CHECK(octets_total(&oc) == 0, "not 0");
}

static void
test_files(void)
{
	unsigned char	 buf[70000];
	size_t		 len;

	unit_case("files around the size of a buffer");
	for (len = 65530; len <= 65542; len++) {
		fill(buf, len);
		file(buf, len);
	}
	for (len = 0; len < 8; len++) {
		fill(buf, len);
		file(buf, len);
	}
}

static void
test_directory(void)
{
	uint64_t	 total, size;
	int		 fd;

	unit_case("a directory is an error, not a size");
	if ((fd = open(".", O_RDONLY)) == -1)
		CHECK(0, "open");
	CHECK(octets_file(fd, 0, &size, &total) == -1, "counted");
	close(fd);
}

int
main(void)
{
	test_line_ends();
	test_random();
	test_line_feeds();
	test_empty();
	test_files();
	test_directory();
	return (unit_done());
}
