/* link: lib/log.o lib/source.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Log lines cannot be forged; sources are counted correctly. */

#include <sys/socket.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "msg.h"
#include "source.h"
#include "unit.h"

static char	 last[MSG_TEXT_MAX];
static int	 lines;

static void
sink(int level, const char *text)
{
	lines++;
	snprintf(last, sizeof(last), "%s", text);
}

static void
quoting(void)
{
	static const struct {
		const char	*in, *out;
	} cases[] = {
		{ "joe", "\"joe\"" }, { "", "\"\"" },
		{ "joe@ex-am.ple_+/", "\"joe@ex-am.ple_+/\"" },
		{ "a b", "\"a%20b\"" }, { "a\"b", "\"a%22b\"" },
		{ "a%b", "\"a%25b\"" }, { "a\nb", "\"a%0Ab\"" },
		{ "x\" source=192.0.2.1", "\"x%22%20source%3D192.0.2.1\"" },
		{ "\303\266", "\"%C3%B6\"" }, { "\033[2J", "\"%1B%5B2J\"" }
	};
	char	 buf[LOG_QUOTE_MAX], name[256], small[12];
	size_t	 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(strcmp(log_quote(cases[i].in, buf, sizeof(buf)),
		    cases[i].out) == 0, "%s", buf);
	memset(name, '\n', 255);
	name[255] = '\0';
	CHECK(strlen(log_quote(name, buf, sizeof(buf))) == 255 * 3 + 2,
	    "255 octets fit: %zu", strlen(buf));
	for (i = 3; i <= sizeof(small); i++) {
		log_quote(name, small, i);
		CHECK(strlen(small) < i && small[strlen(small) - 1] == '"',
		    "cut to %zu", i);
	}
}

static void
levels(void)
{
	log_to(sink);
	log_verbose(0);
	log_debug("quiet");
	CHECK(lines == 0, "debug when not verbose");
	log_info("a\nb\tc\033\177\303\266%s", "");
	CHECK(strcmp(last, "a?b?c????") == 0, "%s", last);
	errno = ENOENT;
	log_warn("file");
	CHECK(strstr(last, "file: No such file") != NULL, "%s", last);
	CHECK(errno == ENOENT, "errno kept");
	log_verbose(1);
	log_debug("loud");
	CHECK(strcmp(last, "loud") == 0, "%s", last);
	log_to(log_stderr);
}

static void
fill(struct source *so, const char *address)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct sockaddr_in6	 sin6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, address, &sin.sin_addr) == 1)
		source_from(so, (struct sockaddr *)&sin);
	else if (inet_pton(AF_INET6, address, &sin6.sin6_addr) == 1)
		source_from(so, (struct sockaddr *)&sin6);
}

static int
same(const char *a, const char *b)
{
	struct source		 x, y;
	struct source_key	 kx, ky;

	fill(&x, a);
	fill(&y, b);
	source_key(&x, &kx);
	source_key(&y, &ky);
	return (memcmp(&kx, &ky, sizeof(kx)) == 0);
}

static void
sources(void)
{
	struct source	 so;
	char		 buf[SOURCE_TEXT_MAX];

	fill(&so, "::ffff:192.0.2.7");
	CHECK(strcmp(source_text(&so, buf, sizeof(buf)), "192.0.2.7") == 0,
	    "%s", buf);
	fill(&so, "2001:db8::1");
	CHECK(strcmp(source_text(&so, buf, sizeof(buf)), "2001:db8::1") == 0,
	    "%s", buf);
	memset(&so, 0, sizeof(so));
	CHECK(strcmp(source_text(&so, buf, sizeof(buf)), "unknown") == 0,
	    "%s", buf);
	CHECK(same("192.0.2.7", "::ffff:192.0.2.7"), "mapped");
	CHECK(!same("192.0.2.7", "192.0.2.8"), "IPv4 is whole");
	CHECK(same("2001:db8::1", "2001:db8::ffff:1"), "one /64");
	CHECK(!same("2001:db8::1", "2001:db8:0:1::1"), "two /64");
	CHECK(!same("192.0.2.7", "c000:0207::"), "families");
}

int
main(void)
{
	unit_case("log: what a client chose is quoted");
	quoting();
	unit_case("log: levels, errno, no control characters");
	levels();
	unit_case("source: text and what counts as one");
	sources();
	return (unit_done());
}
